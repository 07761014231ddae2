"""Buildings: blocks of many heights and colours, with windows."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from liquid_control.contract import Image

from .._faces import angles, image_of
from .._paint import grey, mixed, tone
from . import AROUND, Horizon, columns, light_of

MOST = 96


class Buildings(Horizon):
    """A town: some blocks are low, some are towers, and there are gaps."""

    def paint(self, rng: Generator, faces: Image) -> Image:
        """Return the sky with buildings before it."""
        light = light_of(faces)
        ends = np.cumsum(rng.integers(3, 22, MOST)) % AROUND
        block = np.searchsorted(np.sort(ends), np.arange(AROUND)) % MOST
        tops = np.radians(rng.uniform(2, 6)) * rng.choice([0.0, 0.4, 0.7, 1.0, 1.6, 2.2], MOST)
        bricks = tone(rng, (0.35, 0.8), (0.3, 0.65), (0.25, 0.6))
        share = rng.uniform(0, 1, MOST).astype(np.float32)
        walls = mixed(bricks, grey(rng, (0.25, 0.85)), share)
        walls *= rng.uniform(0.6, 1.2, (MOST, 1)).astype(np.float32) * (0.15 + 0.85 * light)
        column, elevation = columns(), angles()[1]
        inside = elevation < tops[block][column].astype(np.float32)
        column, elevation = column[inside], elevation[inside]
        of = block[column]
        colours = walls[of]
        storey = np.floor(elevation / np.radians(rng.uniform(1.4, 3))).astype(int)
        window = (rng.random((16, 64)) < rng.uniform(0, 0.6))[storey % 16, column // 2 % 64]
        glass = grey(rng, (0.05, 0.9), 0.2)
        colours[window & (elevation > 0)] = glass
        painted = faces.copy()
        painted[inside] = image_of(colours)
        return painted
