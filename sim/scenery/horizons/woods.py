"""Woods: a line of crowns, leafy or pointed."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from liquid_control.contract import Image

from .._paint import tone
from . import AROUND, Horizon, light_of, ridge, stand


class Woods(Horizon):
    """Trees of about one height, each in a shade of its own."""

    def paint(self, rng: Generator, faces: Image) -> Image:
        """Return the sky with woods before it."""
        crown = int(rng.integers(3, 9))
        tree = np.arange(AROUND) // crown
        middle = np.abs((np.arange(AROUND) % crown + 0.5) / crown - 0.5) * 2
        point = rng.uniform(0.2, 1.0) * middle ** rng.uniform(1.0, 2.5)
        tall = rng.uniform(0.7, 1.1, AROUND)[tree] * (1 + 0.3 * ridge(rng, 2, 12, 1.0))
        top = np.radians(rng.uniform(2, 7)) * tall * (1 - 0.5 * point)
        leaves = tone(rng, (0.05, 0.4), (0.12, 0.45), (0.02, 0.25)) * light_of(faces)
        colours = leaves * rng.uniform(0.6, 1.3, AROUND)[tree, None]
        return stand(faces, top.astype(np.float32), colours.astype(np.float32))
