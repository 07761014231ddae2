"""Speckles of a second colour: leaves, snow in spots, terrazzo."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from liquid_control.contract import Image

from .._paint import clouded, mixed, smooth
from . import GroundLook, beside, places, shade, worn


class Speckle(GroundLook):
    """Spots of any size."""

    def paint(self, rng: Generator) -> Image:
        """Return the texture."""
        u, v = places()
        repeat = int(rng.integers(1, 5))
        noise = clouded(u * repeat, v * repeat, rng)
        edge = rng.uniform(-0.5, 1.6)
        colour = shade(rng)
        spots = smooth(noise, edge, edge + rng.uniform(0.1, 1.0))
        return worn(rng, mixed(colour, beside(rng, colour), spots.astype(np.float32)))
