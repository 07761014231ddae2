"""Gravel: stones of a few pixels, each in a shade of its own."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from liquid_control.contract import Image

from .._faces import image_of
from .._paint import clouded
from . import PIXELS, GroundLook, places, shade


class Gravel(GroundLook):
    """Small stones, or larger ones with sand between."""

    def paint(self, rng: Generator) -> Image:
        """Return the texture."""
        u, v = places()
        stone = int(rng.choice([1, 2, 4]))
        side = PIXELS // stone
        each = rng.standard_normal((side, side, 1)) + 0.4 * rng.standard_normal((side, side, 3))
        pixels = each.astype(np.float32).repeat(stone, 0).repeat(stone, 1)
        soft = 1 + np.float32(rng.uniform(0, 0.15)) * clouded(u, v, rng)
        strength = np.float32(rng.uniform(0.06, 0.3))
        return image_of(shade(rng) * (1 + strength * pixels) * soft[..., None])
