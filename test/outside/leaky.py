"""A cell of one's own: leaky units, dh/dt = -h + tanh(W [x, h])."""

from __future__ import annotations

import torch
from torch import nn

from liquid_control.networks.cells import Cell


class Leaky(Cell):
    """One explicit step of a leaky integrator; its output is its state."""

    def __init__(self, input_size, units=16):
        super().__init__(input_size, units, units)
        self.drive = nn.Linear(input_size + units, units)

    def step(self, x, state, dt):
        share = 1 - torch.exp(-dt)
        wanted = torch.tanh(self.drive(torch.cat([x, state], dim=1)))
        state = state + share * (wanted - state)
        return state, state
