"""Stripes: straight or diagonal, hard or soft."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from liquid_control.contract import Image

from .._paint import mixed
from . import GroundLook, beside, places, shade, worn


class Stripes(GroundLook):
    """Mown lawns, furrows, markings and carpets."""

    def paint(self, rng: Generator) -> Image:
        """Return the texture."""
        u, v = places()
        count, slant = int(rng.integers(1, 9)), int(rng.integers(-2, 3))
        wave = np.sin(2 * np.pi * (count * v + slant * u))
        hardness = rng.choice([0.6, 2.0, 20.0])
        share = np.clip(0.5 + hardness * (wave - rng.uniform(-0.7, 0.9)), 0, 1)
        colour = shade(rng)
        return worn(rng, mixed(colour, beside(rng, colour), share.astype(np.float32)), 0.15)
