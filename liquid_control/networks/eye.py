"""The convolutional eye: an RGB image to a short feature vector."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SCALE, CENTRE = 64.0, 2.0
"""The first layer sees pixel / SCALE - CENTRE, about -2 to 2."""


class Eye(nn.Module):
    """Four convolutions, flattened and projected; about 50,000 parameters at 96x64.

    Flattening keeps where things are: averaging over the image loses the
    bearing, which is most of what a pilot needs. The convolutions begin with
    weights that keep the image's contrast (arXiv:1502.01852), and features are
    brought to mean 0 and deviation 1 over each image (arXiv:1607.06450): they
    are noise to an untrained cell, which otherwise learns first to make them
    small, and a wired or LTC cell then never learns to look.
    """

    def __init__(self, height: int = 64, width: int = 96, features: int = 64) -> None:
        super().__init__()
        self.features = features
        self.first = nn.Conv2d(3, 16, 5, stride=2)
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
            flat = self.rest(self.first(torch.zeros(1, 3, height, width))).numel()
        self.project = nn.Sequential(
            nn.Linear(flat, features), nn.LayerNorm(features, elementwise_affine=False)
        )
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d) and layer.bias is not None:
                nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
                nn.init.zeros_(layer.bias)

    def forward(self, image: Tensor) -> Tensor:
        """Map (batch, height, width, 3) uint8 RGB to (batch, features) float32."""
        x = image.permute(0, 3, 1, 2).to(self.first.weight.dtype)
        x = F.conv2d(x, self.first.weight / SCALE, self._centred_bias(), stride=2)
        return self.project(self.rest(x))

    def _centred_bias(self) -> Tensor:
        """Fold the centring of the pixels into the first layer: no pass over the image for it."""
        assert self.first.bias is not None
        return self.first.bias - CENTRE * self.first.weight.sum((1, 2, 3))
