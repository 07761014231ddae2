"""Lawn: green to yellow, with patches of another colour and blades."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from liquid_control.contract import Image

from .._faces import image_of
from .._paint import clouded, mixed, smooth
from . import PIXELS, GroundLook, earth, grass, places


class Lawn(GroundLook):
    """Grass and meadows; bare earth shows through in places."""

    def paint(self, rng: Generator) -> Image:
        """Return the texture."""
        u, v = places()
        green = grass(rng)
        other = grass(rng) if rng.random() < 0.5 else earth(rng)
        edge = rng.uniform(-0.5, 2.0)
        share = smooth(clouded(u, v, rng), edge, edge + rng.uniform(0.5, 2))
        blades = rng.standard_normal((PIXELS, PIXELS), np.float32) * np.float32(
            rng.uniform(0.05, 0.25)
        )
        return image_of(mixed(green, other, share) * (1 + blades)[..., None])
