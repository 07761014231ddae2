"""Hills: one to three rows, the further the paler."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from liquid_control.contract import Image

from .._paint import tone
from . import AROUND, Horizon, light_of, ridge, sky_of, stand


class Hills(Horizon):
    """Long waves with a little roughness, green, brown or blue."""

    def paint(self, rng: Generator, faces: Image) -> Image:
        """Return the sky with hills before it."""
        rows, air = int(rng.integers(1, 4)), sky_of(faces)
        near = tone(rng, (0.1, 0.45), (0.15, 0.5), (0.1, 0.45)) * light_of(faces)
        height, steepness = np.radians(rng.uniform(2, 9)), rng.uniform(1.0, 2.0)
        for row in range(rows):
            depth = (rows - row) / (rows + 1)
            waves = ridge(rng, int(rng.integers(2, 6)), 40, steepness)
            top = height * (0.35 + 0.65 * depth) * (0.55 + 0.45 * waves)
            colour = near + depth * (air - near)
            colours = np.tile(colour.astype(np.float32), (AROUND, 1))
            faces = stand(faces, top.astype(np.float32), colours)
        return faces
