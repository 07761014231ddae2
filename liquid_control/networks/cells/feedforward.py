"""A network without memory, the baseline that shows what state is worth."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from .base import Cell


class Feedforward(Cell):
    """Dense layers with SiLU between them; the output is (batch, units).

    The state is one number that stays as it is, so that every policy has the same inputs and
    outputs. Elapsed time is ignored.

    Args:
        input_size: number of input features.
        units: width of each layer.
        layers: number of layers.
    """

    def __init__(self, input_size: int, units: int = 64, *, layers: int = 2) -> None:
        super().__init__(input_size, state_size=1, output_size=units)
        widths = [input_size] + [units] * layers
        steps = [(nn.Linear(wide, narrow), nn.SiLU()) for wide, narrow in pairwise(widths)]
        self.layers = nn.Sequential(*(part for step in steps for part in step))

    def step(self, x: Tensor, state: Tensor, dt: Tensor) -> tuple[Tensor, Tensor]:
        """Advance one step: (batch, input_size), (batch, 1), (batch, 1)."""
        return self.layers(x), state

    def scan(
        self, xs: Tensor, state: Tensor, dts: Tensor, reset: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Apply the layers to (batch, time, input_size) at once."""
        if reset is not None:
            state = state.masked_fill(reset.any(dim=1, keepdim=True), 0.0)
        return self.layers(xs), state
