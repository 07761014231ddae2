"""A cell of one's own: in a training YAML, network: {cell: "my_cell.py:MyCell"}."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from liquid_control.networks.cells import Cell


class MyCell(Cell):
    """A leaky recurrent network whose neurons forget by the time that has passed.

    With one time constant ``tau`` a neuron, in nominal steps::

        h' = h + (1 - exp(-dt / tau)) * (tanh(W [x, h] + b) - h)

    The state is (batch, units) and is the output. Whatever it is, the step must export to ONNX:
    plain torch operations on tensors.

    Args:
        input_size: number of input features.
        units: number of neurons; every further argument is a field of ``cell_settings``.
    """

    def __init__(self, input_size: int, units: int = 64) -> None:
        super().__init__(input_size, state_size=units, output_size=units)
        self.wanted = nn.Linear(input_size + units, units)
        self.log_tau = nn.Parameter(torch.zeros(units))

    def step(self, x: Tensor, state: Tensor, dt: Tensor) -> tuple[Tensor, Tensor]:
        """Advance one step: (batch, input_size), (batch, units), (batch, 1)."""
        wanted = torch.tanh(self.wanted(torch.cat([x, state], dim=1)))
        share = 1.0 - torch.exp(-dt * torch.exp(-self.log_tau))
        h = state + share * (wanted - state)
        return h, h
