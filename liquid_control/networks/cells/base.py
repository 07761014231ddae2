"""The one interface of every recurrent cell: one flat state, one step, one scan."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from itertools import pairwise
from typing import ClassVar

import torch
from torch import Tensor, nn


class Cell(nn.Module, ABC):
    """A recurrent cell whose whole memory is one flat float vector.

    The state always starts at zero, so a runtime that knows ``state_size`` can
    reset any cell. Elapsed time ``dt`` is dimensionless: seconds divided by
    the nominal step, 1.0 at the nominal rate; the policy does that division.

    Attributes:
        input_size: number of input features.
        state_size: length of the flat state vector.
        output_size: number of output features.
        takes_mixed_memory: whether an LSTM memory can stand beside it; its state is then
            its neurons.
    """

    takes_mixed_memory: ClassVar[bool] = False

    def __init__(self, input_size: int, state_size: int, output_size: int) -> None:
        super().__init__()
        self.input_size = input_size
        self.state_size = state_size
        self.output_size = output_size

    def initial_state(self, batch: int) -> Tensor:
        """Return the zero state, shape (batch, state_size), on the cell's device and dtype."""
        return next(self.parameters()).new_zeros(batch, self.state_size)

    @abstractmethod
    def step(self, x: Tensor, state: Tensor, dt: Tensor) -> tuple[Tensor, Tensor]:
        """Advance one step.

        Args:
            x: (batch, input_size) input features.
            state: (batch, state_size) state after the previous step.
            dt: (batch, 1) time since the previous step in nominal steps, >= 0.

        Returns:
            Output (batch, output_size) and next state (batch, state_size).
        """

    def scan(
        self, xs: Tensor, state: Tensor, dts: Tensor, reset: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Advance over a whole sequence; the same numbers as repeated ``step``.

        Args:
            xs: (batch, time, input_size) input features.
            state: (batch, state_size) state before the first step.
            dts: (batch, time, 1) time before each step in nominal steps, >= 0.
            reset: (batch, time) bool, where the state is zeroed before that step.

        Returns:
            Outputs (batch, time, output_size) and the last state (batch, state_size).
        """
        ys = []
        for t in range(xs.shape[1]):
            if reset is not None:
                state = state.masked_fill(reset[:, t, None], 0.0)
            y, state = self.step(xs[:, t], state, dts[:, t])
            ys.append(y)
        return torch.stack(ys, dim=1), state


Scan = Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]


def scan_between_resets(
    scan: Scan, xs: Tensor, state: Tensor, dts: Tensor, reset: Tensor | None
) -> tuple[Tensor, Tensor]:
    """Run a scan that knows no resets on every stretch between them, as `Cell.scan` does."""
    if reset is None:
        return scan(xs, state, dts)
    starts = reset[:, 1:].any(0).nonzero().flatten() + 1
    ys = []
    for start, end in pairwise([0, *starts.tolist(), xs.shape[1]]):
        state = state.masked_fill(reset[:, start, None], 0.0)
        y, state = scan(xs[:, start:end], state, dts[:, start:end])
        ys.append(y)
    return torch.cat(ys, dim=1), state
