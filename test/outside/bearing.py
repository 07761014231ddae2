"""An encoder of one's own: a beacon's vector as direction and saturated distance."""

from __future__ import annotations

from typing import ClassVar

import torch

from liquid_control.networks.encoders import Encoder


class Bearing(Encoder):
    """Unit direction and tanh of the distance."""

    kind: ClassVar[str] = "vector"

    def __init__(self, card):
        super().__init__(card, features=3)

    def forward(self, x, goal=None):
        distance = x.norm(dim=1, keepdim=True).clamp_min(1e-3)
        return torch.cat([x / distance, torch.tanh(distance)], dim=1)
