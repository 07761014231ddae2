"""An LSTM memory beside a liquid cell, for what must be remembered long."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .base import Cell


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
