"""An LSTM memory beside a liquid cell, for what must be remembered long."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ._cfc_scan import fold_time
from ._mixed_scan import mixed_scan
from .base import Cell
from .cfc import CfC


class MixedMemory(Cell):
    """Mixed memory (arXiv:2006.04418): an LSTM step refreshes h, then the liquid cell moves it.

    With the gates ``i, j, f, o`` of ``W x + U h``::

        c' = sigmoid(f + 1) * c + sigmoid(j) * tanh(i)
        h' = liquid(x, sigmoid(o) * tanh(c'), t)

    The state is (batch, 2 * units), h then c; the output is that of the liquid cell.

    Args:
        liquid: a cell whose state is its neurons.
    """

    def __init__(self, liquid: Cell) -> None:
        units = liquid.state_size
        super().__init__(liquid.input_size, 2 * units, liquid.output_size)
        self.liquid = liquid
        self.input_map = nn.Linear(liquid.input_size, 4 * units)
        self.recurrent_map = nn.Linear(units, 4 * units, bias=False)
        nn.init.xavier_uniform_(self.input_map.weight)
        nn.init.uniform_(self.input_map.bias, -0.1, 0.1)
        nn.init.orthogonal_(self.recurrent_map.weight)

    def step(self, x: Tensor, state: Tensor, dt: Tensor) -> tuple[Tensor, Tensor]:
        """Advance one step: (batch, input_size), (batch, 2 * units), (batch, 1)."""
        h, c = state.chunk(2, dim=1)
        gates = self.input_map(x) + self.recurrent_map(h)
        value, write, keep, read = gates.chunk(4, dim=1)
        c = torch.sigmoid(keep + 1) * c + torch.sigmoid(write) * torch.tanh(value)
        h = torch.sigmoid(read) * torch.tanh(c)
        y, h = self.liquid.step(x, h, dt)
        return y, torch.cat([h, c], dim=1)

    def scan(
        self, xs: Tensor, state: Tensor, dts: Tensor, reset: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Advance over (batch, time, input_size); a CfC's inputs are projected before the loop."""
        liquid = self.liquid
        if not isinstance(liquid, CfC) or not liquid.has_plain_tanh or dts.requires_grad:
            return super().scan(xs, state, dts, reset)
        *backbone, heads = liquid.layers_of_plain_tanh()
        dts = dts.transpose(0, 1)
        heads, dts_left = fold_time(heads, dts)
        (weight, bias), *layers = [*backbone, heads]
        xs = xs.transpose(0, 1).to(weight.dtype)
        from_x, from_h = weight.split([self.input_size, liquid.units], dim=1)
        open_keep = torch.tensor([0.0, 0.0, 1.0, 0.0], device=xs.device)
        hs, c = mixed_scan(
            self.input_map(xs) + open_keep.to(xs.dtype).repeat_interleave(liquid.units),
            F.linear(xs, from_x, bias),
            state,
            dts_left,
            keep=None if reset is None else (~reset.T).unsqueeze(2).to(xs.dtype),
            gated=liquid.mode == "default",
            recurrent=self.recurrent_map.weight,
            layers=[(from_h, bias), *layers],
        )
        return hs.transpose(0, 1), torch.cat([hs[-1], c], dim=1)
