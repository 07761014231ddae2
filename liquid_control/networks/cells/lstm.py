"""The LSTM, a baseline without a notion of time."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .base import Cell, scan_between_resets


class LSTM(Cell):
    """Long short-term memory (doi:10.1162/neco.1997.9.8.1735, gates as in torch).

    With the gates ``i, f, g, o`` of ``W x + U h + b``::

        c' = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h' = sigmoid(o) * tanh(c')

    The state is (batch, 2 * units), h then c; the output is h. Elapsed time is ignored.

    Args:
        input_size: number of input features.
        units: number of hidden units.
    """

    def __init__(self, input_size: int, units: int = 64) -> None:
        super().__init__(input_size, state_size=2 * units, output_size=units)
        self.lstm = nn.LSTM(input_size, units, batch_first=True)

    def step(self, x: Tensor, state: Tensor, dt: Tensor) -> tuple[Tensor, Tensor]:
        """Advance one step: (batch, input_size), (batch, 2 * units), (batch, 1)."""
        h, c = state.chunk(2, dim=1)
        from_x, from_h, bias_x, bias_h = self.lstm.all_weights[0]
        gates = F.linear(x, from_x, bias_x) + F.linear(h, from_h, bias_h)
        write, keep, value, read = gates.chunk(4, dim=1)
        c = torch.sigmoid(keep) * c + torch.sigmoid(write) * torch.tanh(value)
        h = torch.sigmoid(read) * torch.tanh(c)
        return h, torch.cat([h, c], dim=1)

    def scan(
        self, xs: Tensor, state: Tensor, dts: Tensor, reset: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Advance over (batch, time, input_size), with torch's own loop."""
        return scan_between_resets(self._scan, xs, state, dts, reset)

    def _scan(self, xs: Tensor, state: Tensor, dts: Tensor) -> tuple[Tensor, Tensor]:
        h, c = (part[None].contiguous() for part in state.chunk(2, dim=1))
        ys, (h, c) = self.lstm(xs, (h, c))
        return ys, torch.cat([h[0], c[0]], dim=1)
