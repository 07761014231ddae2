"""Planks: long boards side by side, with ends and grain."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from liquid_control.contract import Image

from .._paint import clouded
from . import GroundLook, earth, places, shade, worn


class Planks(GroundLook):
    """Boards of wood, painted at times."""

    def paint(self, rng: Generator) -> Image:
        """Return the texture."""
        u, v = places()
        boards = int(rng.choice([4, 6, 8, 12]))
        board = (v * boards).astype(int)
        along = 2 * u + rng.random(boards).astype(np.float32)[board]
        end = along.astype(int) % 2
        colour = earth(rng) if rng.random() < 0.7 else shade(rng)
        each = 1 + rng.uniform(0.05, 0.25) * rng.uniform(-1, 1, (boards, 2)).astype(np.float32)
        grain = 1 + rng.uniform(0, 0.15) * clouded(u, v * 4, rng)
        gap = ((v * boards) % 1 < rng.uniform(0.05, 0.15)) | (along % 1 < 0.03)
        colours = colour * (each[board, end] * grain * np.where(gap, 0.55, 1))[..., None]
        return worn(rng, colours.astype(np.float32))
