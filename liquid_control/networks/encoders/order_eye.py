"""An eye that looks for what it was told: the order chooses the colours that it filters out."""

from __future__ import annotations

from typing import ClassVar

import torch
from torch import Tensor, nn

from ...contract import InputCard
from ._convolutions import CENTRE, SCALE, Convolutions


class OrderEye(Convolutions):
    """The convolutions on RGB and on colour filters whose direction is the goal's.

    With the goal ``g`` and a pixel ``p``, about -2 to 2, each filter adds a channel
    ``relu(W(g) p + b(g))``, W and b linear in g: "the blue one" is a filter on blue, and
    what no order has said weighs nothing.

    Args:
        card: of an image.
        goal: of the goal.
        features: how many it gives.
        filters: how many channels the goal adds.
    """

    reads_goal: ClassVar = True

    def __init__(
        self, card: InputCard, goal: InputCard, *, features: int = 64, filters: int = 6
    ) -> None:
        super().__init__(card, 3 + filters, features)
        self.filters = filters
        self.direction = nn.Linear(goal.size, 3 * filters, bias=False)
        self.threshold = nn.Linear(goal.size, filters, bias=False)
        nn.init.normal_(self.direction.weight, std=0.5)
        nn.init.zeros_(self.threshold.weight)

    def forward(self, x: Tensor, goal: Tensor | None = None) -> Tensor:
        """Map (batch, height, width, 3) uint8 RGB and (batch, goal) to (batch, features)."""
        assert goal is not None
        pixels = x.permute(0, 3, 1, 2).to(self.first.weight.dtype) / SCALE - CENTRE
        directions = self.direction(goal).unflatten(1, (self.filters, 3))
        shifts = self.threshold(goal).unsqueeze(2)
        filtered = torch.relu(torch.baddbmm(shifts, directions, pixels.flatten(2)))
        seen = torch.cat([pixels, filtered.unflatten(2, pixels.shape[2:])], dim=1)
        return self.after_first(self.first(seen))
