"""The convolutional eye: an RGB image to a short feature vector."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from ...contract import InputCard
from ._convolutions import CENTRE, SCALE, Convolutions


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
        x = x.permute(0, 3, 1, 2).to(self.first.weight.dtype)
        x = F.conv2d(x, self.first.weight / SCALE, self._centred_bias(), stride=2)
        return self.after_first(x)

    def _centred_bias(self) -> Tensor:
        """Fold the centring of the pixels into the first layer: no pass over the image for it."""
        assert self.first.bias is not None
        return self.first.bias - CENTRE * self.first.weight.sum((1, 2, 3))
