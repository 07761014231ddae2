"""An eye that knows what is where, and reports where the ordered thing is and what is in the way.

It maps an image to a grid of cells, each with what kind of thing it shows, of which colour and
how far, and reads the order against that map: a cell's score is log p(kind) + log p(colour). So
kinds and colours that never went together in training can be ordered. Training has labels for
the map, a flight has none; what the cell of the policy gets are few numbers with names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, NamedTuple

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
CERTAIN = 20.0
"""A logit beside which others do not count."""
FOCUS = 2.0
"""How much less a loss counts where the map is sure already (arXiv:1708.02002)."""
LEAST_DOUBT, MOST_DOUBT = -4.0, 1.0
"""Between which the log of what the log of the height may be off lies."""


class OrderMap(Encoder):
    """Where the ordered thing is, how far obstacles are in every direction, and how high it is.

    Features: seen (0..1), right and down (-1..1), log of the distance in m and log of the size
    of the ordered thing; then for every column of cells from left to right the inverse distance
    of the nearest obstacle, 1/m; then the log of the height in m, and the log of how much that
    may be off: ground alone tells it badly, a thing of known size well; then for every column the
    probability that the ordered thing is in it: with two places that may be it, the first
    features lie between them, and what is only like it is seen, too.

    Args:
        card: of an image whose sides are multiples of 8.
        goal: of the goal; its first words are kinds, then colours.
        channels: of the layers before the map.
        width: channels of the map.
        depth: convolutions of an eighth of the image's resolution.
        hues: channels of the short path that colours have beside the long one.

    A runtime computes convolutions in blocks of 16 channels: other numbers cost as much as the
    next multiple.
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
        channels: tuple[int, int] = (16, 32),
        width: int = 48,
        depth: int = 3,
        hues: int = 16,
    ) -> None:
        rows, columns = (side // STRIDE for side in card.shape[:2])
        if any(side % (2 * STRIDE) for side in card.shape[:2]):
            raise ValueError(f"expected sides of multiples of 8, found {card.shape[:2]}")
        super().__init__(card, 7 + 2 * columns)
        self.kinds, self.colours = (len(goal.settings[key]) for key in ("kinds", "colours"))
        first, second = channels
        self.first = nn.Conv2d(3, first, 5, stride=2, padding=2)
        self.near = nn.Sequential(
            nn.BatchNorm2d(first), nn.ReLU(), *_convolution(first, second, 3, stride=2)
        )
        self.wide = nn.Sequential(
            *_convolution(second, width, 3, stride=2), *(_Residual(width) for _ in range(depth))
        )
        # A 1x1 convolution of both, the coarse ones before they are spread: there are fewer.
        self.near_in = nn.Conv2d(second, width, 1, bias=False)
        self.wide_in = nn.Conv2d(width, width, 1, bias=False)
        self.joined = nn.Sequential(nn.BatchNorm2d(width), nn.ReLU())
        self.map = nn.Conv2d(width, 1 + self.kinds + self.colours + 1, 1)
        self.hue = nn.Sequential(
            nn.Conv2d(second, hues, 1), nn.ReLU(), nn.Conv2d(hues, self.colours, 1)
        )
        self.columns = nn.Sequential(
            nn.Conv2d(width, 32, (rows // 2, 3), padding=(0, 1)), nn.ReLU(), nn.Conv2d(32, 4, 1)
        )
        x, y = torch.linspace(-1, 1, columns), torch.linspace(-1, 1, rows)
        places = torch.stack([x.expand(rows, -1), y[:, None].expand(-1, columns)])
        self.register_buffer("places", places.flatten(1), persistent=False)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d):
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)

    def forward(self, x: Tensor, goal: Tensor | None = None) -> Tensor:
        """Map (batch, height, width, 3) uint8 RGB and (batch, goal) to (batch, features)."""
        assert goal is not None
        return self.report(self.look(x), goal)

    def report(self, seen: Seen, goal: Tensor) -> Tensor:
        """Return (batch, features) of what images show, under orders (batch, goal)."""
        score, share = self._found(seen, goal)
        distances = seen.distances.flatten(1)
        at = share @ self.places.T
        sure = torch.sigmoid(score.amax(1) - LEAST_SCORE)
        size = torch.sigmoid(score - LEAST_SCORE).sum(1).add(0.1).log()
        far = (share * distances).sum(1)
        target = [sure[:, None], at * sure[:, None], (far * sure)[:, None], size[:, None]]
        # Of no order the score may be no log of a probability; golden rollouts give any numbers.
        columns = score.view_as(seen.distances).amax(1).clamp(max=0.0).exp()
        height = [seen.height[:, None], seen.doubt[:, None]]
        return torch.cat([*target, seen.obstacles, *height, columns], 1)

    def where(self, x: Tensor, goal: Tensor) -> Tensor:
        """Return (batch, rows, columns) which cells it takes for the ordered thing, in shares."""
        seen = self.look(x)
        return self._found(seen, goal)[1].view_as(seen.distances)

    def _found(self, seen: Seen, goal: Tensor) -> tuple[Tensor, Tensor]:
        """Return (batch, cells) scores of the ordered thing, and how much each cell counts."""
        words = goal[:, None, : self.kinds + self.colours]
        kinds, colours = words.split([self.kinds, self.colours], 2)
        kind = _log_share(seen.kinds, F.pad(kinds, (1, 0)))
        score = kind + _log_share(seen.colours, colours)
        # Of several the nearest counts.
        return score, torch.softmax(2.0 * score - 2.0 * seen.distances.flatten(1), 1)

    @property
    def feature_names(self) -> list[str]:
        """In the order of the features; columns from left to right."""
        obstacles, there = (
            [f"{what}_{i}" for i in range((self.features - 7) // 2)]
            for what in ("obstacle", "there")
        )
        first = ["seen", "right", "down", "distance", "size"]
        return [*first, *obstacles, "height", "height_doubt", *there]

    @property
    def told(self) -> dict[str, list[int]]:
        """What the features tell of: which of them, by what a person calls it."""
        names = self.feature_names
        ordered = ["seen", "right", "down", "distance", "size"]
        return {
            "the ordered thing": [
                i for i, n in enumerate(names) if n in ordered or n.startswith("there_")
            ],
            "obstacles": [i for i, n in enumerate(names) if n.startswith("obstacle_")],
            "the height": [names.index("height"), names.index("height_doubt")],
        }

    def truth(self, labels: Mapping[str, Tensor]) -> Seen:
        """Return what an eye without fault would see.

        Args:
            labels: (batch, ...) as ``loss`` takes them.
        """
        kinds, colours = labels["kinds"].long(), labels["colours"].long()
        of_kind, of_colour = (
            CERTAIN * F.one_hot(words, 1 + count).movedim(-1, 1).float()
            for words, count in ((kinds, self.kinds), (colours, self.colours))
        )
        far, near, height = (labels[n].float() for n in ("distances", "obstacles", "height"))
        doubt = torch.full_like(height, LEAST_DOUBT)
        return Seen(of_kind, of_colour[:, 1:], far, near, height, doubt)

    def maps(self, x: Tensor) -> dict[str, Tensor]:
        """Return what the image shows.

        Args:
            x: (batch, height, width, 3) uint8 RGB.

        Returns:
            ``kinds`` (batch, 1 + kinds, rows, columns) log probabilities, the first of nothing;
            ``colours`` (batch, colours, rows, columns) likewise; ``distances`` (batch, rows,
            columns) log m; ``obstacles`` (batch, columns) 1/m; ``height`` (batch,) log m;
            ``doubt`` (batch,) log of the expected error of the height.
        """
        seen = self.look(x)
        return {
            "kinds": F.log_softmax(seen.kinds, 1),
            "colours": F.log_softmax(seen.colours, 1),
            "distances": seen.distances,
            "obstacles": seen.obstacles,
            "height": seen.height,
            "doubt": seen.doubt,
        }

    def look(self, x: Tensor) -> Seen:
        """Return what ``maps`` does, kinds and colours before they are normalised."""
        near = self.near(first_layer(self.first, x))
        wide = self.wide(near)
        spread = F.interpolate(self.wide_in(wide), scale_factor=2.0)
        joined = self.joined(self.near_in(near) + spread)
        words = [1 + self.kinds, self.colours, 1]
        kinds, colours, distances = self.map(joined).float().split(words, 1)
        # Two columns of the map to each of the wide one's.
        columns = self.columns(wide).float()[:, :, 0]
        obstacles = columns[:, :2].transpose(1, 2).flatten(1)
        return Seen(
            kinds,
            colours + self.hue(near).float(),
            distances[:, 0],
            F.softplus(obstacles),
            columns[:, 2].mean(1),
            columns[:, 3].mean(1).clamp(LEAST_DOUBT, MOST_DOUBT),
        )

    def loss(self, x: Tensor, labels: Mapping[str, Tensor]) -> Tensor:
        """Return how far the map is from the truth.

        A thing counts by the root of its cells, so that small ones are not lost among large ones.

        Args:
            x: (batch, height, width, 3) uint8 RGB.
            labels: in the shapes of ``maps``; kinds and colours as numbers, 0 for nothing.
        """
        found = self.maps(x)
        kinds, colours = labels["kinds"].long(), labels["colours"].long()
        there = (kinds > 0).float()
        share = there * self._cells_alike(kinds, colours) ** -0.5
        share = share / share.sum().clamp(min=1e-6)
        of_kind = F.nll_loss(found["kinds"], kinds, reduction="none")
        of_nothing = of_kind * (1 - torch.exp(-of_kind)) ** FOCUS * (1 - there)
        nothing = of_nothing.sum() / there.sum().clamp(min=1)
        of_colour = F.nll_loss(found["colours"], (colours - 1).clamp(min=0), reduction="none")
        off = F.smooth_l1_loss(found["distances"], labels["distances"], reduction="none", beta=0.1)
        something = ((of_kind + of_colour + off) * share).sum()
        columns = F.smooth_l1_loss(found["obstacles"], labels["obstacles"], beta=0.1)
        # As likely as an error of a Laplace distribution of the expected width (arXiv:1703.04977).
        error = F.smooth_l1_loss(found["height"], labels["height"], reduction="none", beta=0.02)
        height = (error * torch.exp(-found["doubt"]) + found["doubt"]).mean()
        return something + nothing + 20.0 * columns + 0.2 * height

    def _cells_alike(self, kinds: Tensor, colours: Tensor) -> Tensor:
        """Return how many cells of its image each shares kind and colour with, itself included."""
        which = (kinds * (1 + self.colours) + colours).flatten(1)
        counts = torch.zeros(
            len(which), (1 + self.kinds) * (1 + self.colours), device=which.device
        )
        counts.scatter_add_(1, which, torch.ones_like(which, dtype=counts.dtype))
        return counts.gather(1, which).view_as(kinds)


class Seen(NamedTuple):
    """What an image shows, in the shapes of ``OrderMap.maps``."""

    kinds: Tensor
    colours: Tensor
    distances: Tensor
    obstacles: Tensor
    height: Tensor
    doubt: Tensor


class _Residual(nn.Module):
    """One convolution beside which its input passes."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(width)
        nn.init.constant_(self.norm.weight, 0.3)

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x + self.norm(self.conv(x)))


def _convolution(given: int, width: int, size: int, stride: int = 1) -> list[nn.Module]:
    """Return a convolution, its norm, which a runtime folds into it, and what follows."""
    conv = nn.Conv2d(given, width, size, stride=stride, padding=size // 2, bias=False)
    return [conv, nn.BatchNorm2d(width), nn.ReLU()]


def _log_share(logits: Tensor, words: Tensor) -> Tensor:
    """Return (batch, cells) log of the share that some words have of all.

    Args:
        logits: (batch, words, rows, columns).
        words: (batch, 1, words) 1 for each that counts, else 0.
    """
    flat = logits.flatten(2)
    return (words @ flat)[:, 0] - flat.exp().sum(1).log()
