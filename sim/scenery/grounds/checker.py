"""Fields of two colours in turns."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from liquid_control.contract import Image

from . import GroundLook, beside, places, shade, worn


class Checker(GroundLook):
    """A board of squares."""

    def paint(self, rng: Generator) -> Image:
        """Return the texture."""
        u, v = places()
        count = int(rng.choice([2, 4, 8]))
        odd = ((u * count).astype(int) + (v * count).astype(int)) % 2 == 1
        colour = shade(rng)
        return worn(rng, np.where(odd[..., None], beside(rng, colour), colour))
