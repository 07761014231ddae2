"""The one interface of every encoder."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from torch import Tensor, nn

from ...contract import InputCard


class Encoder(nn.Module, ABC):
    """Turns the values of one input into features.

    A subclass is built as ``Class(card, **settings)``, with ``reads_goal`` as
    ``Class(card, goal, **settings)``, where ``goal`` is the card of the policy's goal.

    Attributes:
        kind: of the inputs that it reads.
        reads_goal: whether it also sees the goal.
        half_precision: whether training may compute it in bfloat16.
        labels: names of what it can be taught by ``loss``, of those that training has; none if
            it learns from the commands alone.
        features: how many features it gives.
    """

    kind: ClassVar[str]
    reads_goal: ClassVar[bool] = False
    half_precision: ClassVar[bool] = False
    labels: ClassVar[tuple[str, ...]] = ()

    def __init__(self, card: InputCard, features: int) -> None:
        super().__init__()
        self.card = card
        self.features = features

    @abstractmethod
    def forward(self, x: Tensor, goal: Tensor | None = None) -> Tensor:
        """Return features, each observation for itself.

        Args:
            x: (batch, *shape) in shape and dtype of the card.
            goal: (batch, size of the goal) float32; given only with ``reads_goal``.

        Returns:
            (batch, features) float.
        """

    @property
    def feature_names(self) -> list[str]:
        """A name for each feature, as people read it."""
        return [str(i) for i in range(self.features)]

    def loss(self, x: Tensor, labels: Mapping[str, Tensor]) -> Tensor:
        """Return how far what it sees in x is from the labels; for one that has ``labels``."""
        raise NotImplementedError
