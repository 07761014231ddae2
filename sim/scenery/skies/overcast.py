"""Grey all over, with soft shades."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from liquid_control.contract import Image

from .._faces import directions, image_of
from .._paint import clouded, grey, mixed
from . import Rgb, SkyLook


class Overcast(SkyLook):
    """One cloud from horizon to horizon."""

    def paint(self, rng: Generator, zenith: Rgb, horizon: Rgb) -> Image:
        """Return greys."""
        above, below = grey(rng, (0.4, 0.9)), grey(rng, (0.5, 0.95))
        x, y, z = directions()
        up = np.maximum(z, 0)
        scale = np.float32(rng.uniform(0.05, 0.15)) / (up + np.float32(0.2))
        shade = 1 + np.float32(rng.uniform(0.0, 0.09)) * clouded(x * scale, y * scale, rng)
        return image_of(mixed(below, above, up) * shade[..., None])
