"""An eye that looks for what it was told: the order chooses the colours that it filters out."""

from __future__ import annotations

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...contract import InputCard
from ._convolutions import CENTRE, SCALE, Convolutions


class OrderEye(Convolutions):
    """The convolutions on RGB and on colour filters whose direction is the goal's.

    With the goal ``g`` and a pixel ``p``, about -2 to 2, each filter is a channel
    ``relu(W(g) p + b(g))``, W and b linear in g: "the blue one" is a filter on blue, and
    what no order has said weighs nothing. The filters look at every second pixel, averaged:
    a convolution of their own brings them to the size of the first layer's, and half the
    time of an update is saved.

    Args:
        card: of an image.
        goal: of the goal.
        features: how many it gives.
        filters: how many channels the goal chooses.
    """

    reads_goal: ClassVar = True

    def __init__(
        self, card: InputCard, goal: InputCard, *, features: int = 64, filters: int = 6
    ) -> None:
        super().__init__(card, 3, features)
        self.filters = filters
        self.direction = nn.Linear(goal.size, 3 * filters, bias=False)
        self.threshold = nn.Linear(goal.size, filters, bias=False)
        nn.init.normal_(self.direction.weight, std=0.5)
        nn.init.zeros_(self.threshold.weight)
        self.of_filters = nn.Conv2d(filters, self.first.out_channels, 3, bias=False)
        nn.init.kaiming_normal_(self.of_filters.weight, nonlinearity="relu")

    def forward(self, x: Tensor, goal: Tensor | None = None) -> Tensor:
        """Map (batch, height, width, 3) uint8 RGB and (batch, goal) to (batch, features)."""
        assert goal is not None
        pixels = x.permute(0, 3, 1, 2).to(self.first.weight.dtype) / SCALE - CENTRE
        coarse = F.avg_pool2d(pixels, 2, ceil_mode=True)
        directions = self.direction(goal).unflatten(1, (self.filters, 3))
        shifts = self.threshold(goal).unsqueeze(2)
        filtered = torch.relu(torch.baddbmm(shifts, directions, coarse.flatten(2)))
        of_order = self.of_filters(filtered.unflatten(2, coarse.shape[2:]))
        return self.after_first(self.first(pixels) + of_order)
