"""The convolutional eye: an RGB image to a short feature vector."""

from __future__ import annotations

from torch import Tensor

from ...contract import InputCard
from ._convolutions import Convolutions, first_layer


class Eye(Convolutions):
    """The convolutions on the colours as they are.

    Args:
        card: of an image.
        features: how many it gives.
    """

    def __init__(self, card: InputCard, *, features: int = 64) -> None:
        super().__init__(card, 3, features)

    def forward(self, x: Tensor, goal: Tensor | None = None) -> Tensor:
        """Map (batch, height, width, 3) uint8 RGB to (batch, features) float32."""
        return self.after_first(first_layer(self.first, x))
