"""Tiles with joints, each in a shade of its own."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from liquid_control.contract import Image

from . import GroundLook, beside, places, shade, worn


class Tiles(GroundLook):
    """Square tiles, or bricks in rows that are moved against each other."""

    def paint(self, rng: Generator) -> Image:
        """Return the texture."""
        u, v = places()
        rows = int(rng.choice([2, 4, 6, 8]))
        columns = rows if rng.random() < 0.6 else max(1, rows // 2)
        row = (v * rows).astype(int)
        moved = u * columns + (0.5 if rng.random() < 0.4 else 0.0) * (row % 2)
        column = moved.astype(int) % columns
        colour = shade(rng)
        joint = beside(rng, colour)
        each = 1 + rng.uniform(0, 0.25) * rng.uniform(-1, 1, (rows, columns))
        colours = colour * each.astype(np.float32)[row, column][..., None]
        width = rng.uniform(0.02, 0.12)
        gap = (moved % 1 < width) | ((v * rows) % 1 < width)
        return worn(rng, np.where(gap[..., None], joint, colours))
