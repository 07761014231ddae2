"""The goal as the cell reads it: the words that were said."""

from __future__ import annotations

from typing import ClassVar

from torch import Tensor

from ...contract import InputCard
from .base import Encoder


class GoalEncoder(Encoder):
    """One number for each word of the vocabulary, as it is: 1 where it is said."""

    kind: ClassVar = "goal"

    def __init__(self, card: InputCard) -> None:
        super().__init__(card, card.size)

    def forward(self, x: Tensor, goal: Tensor | None = None) -> Tensor:
        """Return x, (batch, size)."""
        return x
