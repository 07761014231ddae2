"""The GRU, a baseline without a notion of time."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .base import Cell, scan_between_resets


class GRU(Cell):
    """Gated recurrent unit (arXiv:1406.1078, gates as in torch).

    With ``r, z, n`` of ``W x`` and of ``U h``, biases included::

        n  = tanh(n_x + sigmoid(r_x + r_h) * n_h)
        h' = (1 - z) * n + z * h,  z = sigmoid(z_x + z_h)

    The state is (batch, units) and is the output. Elapsed time is ignored.

    Args:
        input_size: number of input features.
        units: number of hidden units.
    """

    def __init__(self, input_size: int, units: int = 64) -> None:
        super().__init__(input_size, state_size=units, output_size=units)
        self.gru = nn.GRU(input_size, units, batch_first=True)

    def step(self, x: Tensor, state: Tensor, dt: Tensor) -> tuple[Tensor, Tensor]:
        """Advance one step: (batch, input_size), (batch, units), (batch, 1)."""
        from_x, from_h, bias_x, bias_h = self.gru.all_weights[0]
        reset_x, update_x, new_x = F.linear(x, from_x, bias_x).chunk(3, dim=1)
        reset_h, update_h, new_h = F.linear(state, from_h, bias_h).chunk(3, dim=1)
        new = torch.tanh(new_x + torch.sigmoid(reset_x + reset_h) * new_h)
        update = torch.sigmoid(update_x + update_h)
        h = new + update * (state - new)
        return h, h

    def scan(
        self, xs: Tensor, state: Tensor, dts: Tensor, reset: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Advance over (batch, time, input_size), with torch's own loop."""
        return scan_between_resets(self._scan, xs, state, dts, reset)

    def _scan(self, xs: Tensor, state: Tensor, dts: Tensor) -> tuple[Tensor, Tensor]:
        ys, h = self.gru(xs, state[None].contiguous())
        return ys, h[0]
