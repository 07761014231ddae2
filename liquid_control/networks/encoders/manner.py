"""How an order is to be carried out, for a cell whose eye has found already what is meant."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from ...contract import InputCard
from .base import Encoder


class MannerEncoder(Encoder):
    """One number for each manner of the vocabulary: 1 where it is said."""

    kind: ClassVar = "goal"

    def __init__(self, card: InputCard) -> None:
        super().__init__(card, len(card.settings["manners"]))

    @property
    def feature_names(self) -> list[str]:
        """The manners."""
        return list(self.card.settings["manners"])

    def forward(self, x: Tensor, goal: Tensor | None = None) -> Tensor:
        """Return the last numbers of x, (batch, size): the manners."""
        return x[:, -self.features :]
