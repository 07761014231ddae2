"""What happens to camera frames after the camera took them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from liquid_control.contract import Image

Corruptor = Callable[[Image, int], Image]
"""(image, frame number) to image: a spoiled frame still arrives; it never changes in place."""


@dataclass(frozen=True)
class NoCorruption:
    """Frames arrive as the camera took them."""

    def draw(self, rng: Generator) -> Corruptor:
        """Return the corruptor of one flight."""
        return lambda image, _: image


@dataclass(frozen=True)
class Blackout:
    """Some frames of every period are black, from a random frame on."""

    black_frames: tuple[int, int] = (10, 10)
    period_frames: int = 24

    def draw(self, rng: Generator) -> Corruptor:
        """Return the corruptor of one flight."""
        black = int(rng.integers(self.black_frames[0], self.black_frames[1] + 1))
        start = int(rng.integers(0, self.period_frames))

        def corrupt(image: Image, frame: int) -> Image:
            dark = (frame + start) % self.period_frames < black
            return np.zeros_like(image) if dark else image

        return corrupt


Corruption = NoCorruption | Blackout
