"""An eye that knows what is where, and reports where the ordered thing is and what is in the way.

It maps an image to a grid of cells, each with what kind of thing it shows, of which colour and
how far, and reads the order against that map: a cell's score is log p(kind) + log p(colour). So
kinds and colours that never went together in training can be ordered. Training has labels for
the map, a flight has none; what the cell of the policy gets are few numbers with names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...contract import InputCard
from ._convolutions import first_layer
from .base import Encoder

STRIDE = 4
"""Pixels along each side of a cell."""
NEAREST_M = 0.4
"""Obstacles are seen as inverse distances up to that of this one."""
LEAST_SCORE = -3.0
"""Where a cell is as likely to show the ordered thing as not: a twentieth of being sure."""
FOCUS = 2.0
"""How much less a loss counts where the map is sure already (arXiv:1708.02002)."""


class OrderMap(Encoder):
    """Where the ordered thing is, how far obstacles are in every direction, and how high it is.

    Features: seen (0..1), right and down (-1..1), log of the distance in m and log of the size
    of the ordered thing; then for every column of cells from left to right the inverse distance
    of the nearest obstacle, 1/m; then the log of the height in m.

    Args:
        card: of an image whose sides are multiples of 8.
        goal: of the goal; its first words are kinds, then colours.
        channels: of the layers before the map.
        width: channels of the map.
    """

    kind: ClassVar = "image"
    reads_goal: ClassVar = True
    half_precision: ClassVar = True
    places: Tensor
    labels: ClassVar = ("kinds", "colours", "distances", "obstacles", "height")

    def __init__(
        self,
        card: InputCard,
        goal: InputCard,
        *,
        channels: tuple[int, int] = (12, 24),
        width: int = 40,
    ) -> None:
        rows, columns = (side // STRIDE for side in card.shape[:2])
        if any(side % (2 * STRIDE) for side in card.shape[:2]):
            raise ValueError(f"expected sides of multiples of 8, found {card.shape[:2]}")
        super().__init__(card, 6 + columns)
        self.kinds, self.colours = (len(goal.settings[key]) for key in ("kinds", "colours"))
        first, second = channels
        self.first = nn.Conv2d(3, first, 5, stride=2, padding=2)
        self.near = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(first, second, 3, stride=2, padding=1),
            nn.ReLU(),
        )
        self.wide = nn.Sequential(
            nn.Conv2d(second, width, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.ReLU(),
        )
        self.join = nn.Conv2d(second + width, width, 1)
        self.map = nn.Conv2d(width, self.kinds + 1 + self.colours + 1, 1)
        self.columns = nn.Sequential(
            nn.Conv1d(width * rows // 2, 32, 3, padding=1), nn.ReLU(), nn.Conv1d(32, 3, 1)
        )
        x, y = torch.linspace(-1, 1, columns), torch.linspace(-1, 1, rows)
        places = torch.stack([x.expand(rows, -1), y[:, None].expand(-1, columns)])
        self.register_buffer("places", places.flatten(1), persistent=False)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.Conv1d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                assert layer.bias is not None
                nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor, goal: Tensor | None = None) -> Tensor:
        """Map (batch, height, width, 3) uint8 RGB and (batch, goal) to (batch, features)."""
        assert goal is not None
        found = self.maps(x)
        kind = (found["kinds"][:, 1:].flatten(2) * goal[:, : self.kinds, None]).sum(1)
        words = goal[:, self.kinds : self.kinds + self.colours, None]
        colour = (found["colours"].flatten(2) * words).sum(1)
        score = kind + colour
        distances = found["distances"].flatten(1)
        # Of several the nearest counts.
        leaning = 2.0 * score - 2.0 * distances
        highest = leaning.amax(1, keepdim=True)
        share = torch.exp(leaning - highest)
        share = share / share.sum(1, keepdim=True)
        right, down = ((share * place).sum(1) for place in self.places)
        seen = torch.sigmoid(score.amax(1) - LEAST_SCORE)
        size = torch.sigmoid(score - LEAST_SCORE).sum(1).add(0.1).log()
        far = (share * distances).sum(1)
        target = torch.stack([seen, right * seen, down * seen, far * seen, size], 1)
        return torch.cat([target, found["obstacles"], found["height"][:, None]], 1)

    def maps(self, x: Tensor) -> dict[str, Tensor]:
        """Return what the image shows.

        Args:
            x: (batch, height, width, 3) uint8 RGB.

        Returns:
            ``kinds`` (batch, 1 + kinds, rows, columns) log probabilities, the first of nothing;
            ``colours`` (batch, colours, rows, columns) likewise; ``distances`` (batch, rows,
            columns) log m; ``obstacles`` (batch, columns) 1/m; ``height`` (batch,) log m.
        """
        near = self.near(first_layer(self.first, x))
        wide = self.wide(near)
        spread = F.interpolate(wide, scale_factor=2.0)
        out = self.map(torch.relu(self.join(torch.cat([near, spread], 1)))).float()
        kinds, colours, distances = out.split([self.kinds + 1, self.colours, 1], 1)
        # Two columns of the map to each of the wide one's.
        columns = self.columns(wide.flatten(1, 2)).float()
        obstacles = columns[:, :2].transpose(1, 2).flatten(1)
        return {
            "kinds": _log_softmax(kinds),
            "colours": _log_softmax(colours),
            "distances": distances[:, 0],
            "obstacles": F.softplus(obstacles),
            "height": columns[:, 2].mean(1),
        }

    def loss(self, x: Tensor, labels: Mapping[str, Tensor]) -> Tensor:
        """Return how far the map is from the truth.

        Args:
            x: (batch, height, width, 3) uint8 RGB.
            labels: in the shapes of ``maps``; kinds and colours as numbers, 0 for nothing.
        """
        found = self.maps(x)
        kinds, colours = labels["kinds"].long(), labels["colours"].long()
        there = kinds > 0
        weight = 1.0 / there.sum().clamp(min=1)
        of_kind = F.nll_loss(found["kinds"], kinds, reduction="none")
        sure = torch.exp(-of_kind)
        nothing = (of_kind * (1 - sure) ** FOCUS)[~there].sum() * weight
        something = of_kind[there].sum() * weight
        of_colour = F.nll_loss(found["colours"], (colours - 1).clamp(min=0), reduction="none")
        colour = of_colour[there].sum() * weight
        off = F.smooth_l1_loss(found["distances"], labels["distances"], reduction="none", beta=0.1)
        distance = off[there].sum() * weight
        columns = F.smooth_l1_loss(found["obstacles"], labels["obstacles"], beta=0.1)
        height = F.smooth_l1_loss(found["height"], labels["height"], beta=0.1)
        return something + nothing + colour + distance + 20.0 * columns + height


def _log_softmax(x: Tensor) -> Tensor:
    """Return log probabilities over channels; a runtime's own is slow along that axis."""
    return x - x.exp().sum(1, keepdim=True).log()
