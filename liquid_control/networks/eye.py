"""The convolutional eye: an RGB image to a short feature vector."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Eye(nn.Module):
    """Four convolutions, flattened and projected; about 50,000 parameters at 96x64.

    Flattening keeps where things are: averaging over the image loses the
    bearing, which is most of what a pilot needs.
    """

    def __init__(self, height: int = 64, width: int = 96, features: int = 64) -> None:
        super().__init__()
        self.features = features
        self.convolutions = nn.Sequential(
            nn.Conv2d(3, 16, 5, stride=2),
            nn.ReLU(),
            nn.Conv2d(16, 24, 3, stride=2),
            nn.ReLU(),
            nn.Conv2d(24, 32, 3, stride=2),
            nn.ReLU(),
            nn.Conv2d(32, 16, 3),
            nn.ReLU(),
        )
        with torch.no_grad():
            flat = self.convolutions(torch.zeros(1, 3, height, width)).numel()
        self.project = nn.Linear(flat, features)

    def forward(self, image: Tensor) -> Tensor:
        """Map (batch, height, width, 3) uint8 RGB to (batch, features) float32."""
        x = image.permute(0, 3, 1, 2).float() / 64.0 - 2.0  # NHWC in memory: channels last
        return self.project(self.convolutions(x).flatten(1))
