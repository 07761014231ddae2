"""The convolutions that every eye has, whatever its first layer sees."""

from __future__ import annotations

from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...contract import InputCard
from .base import Encoder

SCALE, CENTRE = 64.0, 2.0
"""The first layer sees pixel / SCALE - CENTRE, about -2 to 2."""


class Convolutions(Encoder):
    """Four convolutions, flattened and projected; about 50,000 parameters at 96x64.

    Flattening keeps where things are: averaging over the image loses the
    bearing, which is most of what a pilot needs. The convolutions begin with
    weights that keep the image's contrast (arXiv:1502.01852), and features are
    brought to mean 0 and deviation 1 over each image (arXiv:1607.06450): they
    are noise to an untrained cell, which otherwise learns first to make them
    small, and a wired or LTC cell then never learns to look.

    Args:
        card: of an image.
        channels: what the first layer sees.
        features: what the last layer gives.
    """

    kind: ClassVar = "image"
    half_precision: ClassVar = True

    def __init__(self, card: InputCard, channels: int, features: int) -> None:
        super().__init__(card, features)
        height, width, _ = card.shape
        self.first = nn.Conv2d(channels, 16, 5, stride=2)
        self.rest = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(16, 24, 3, stride=2),
            nn.ReLU(),
            nn.Conv2d(24, 32, 3, stride=2),
            nn.ReLU(),
            nn.Conv2d(32, 16, 3),
            nn.ReLU(),
            nn.Flatten(),
        )
        with torch.no_grad():
            flat = self.rest(self.first(torch.zeros(1, channels, height, width))).numel()
        self.project = nn.Sequential(
            nn.Linear(flat, features), nn.LayerNorm(features, elementwise_affine=False)
        )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d) and layer.bias is not None:
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)

    def after_first(self, x: Tensor) -> Tensor:
        """Map what the first layer gave to (batch, features)."""
        return self.project(self.rest(x))


def first_layer(layer: nn.Conv2d, x: Tensor) -> Tensor:
    """Return what a layer makes of an image: (batch, height, width, 3) uint8 RGB.

    The centring of the pixels is folded into the layer, so that no pass over the image is spent
    on it. Where the layer pads, the image is black around.
    """
    assert layer.bias is not None
    bias = layer.bias - CENTRE * layer.weight.sum((1, 2, 3))
    x = x.permute(0, 3, 1, 2).to(layer.weight.dtype, memory_format=torch.contiguous_format)
    return F.conv2d(x, layer.weight / SCALE, bias, stride=layer.stride, padding=layer.padding)
