"""White or grey clouds before a blue that is paler at the horizon."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from liquid_control.contract import Image

from .._faces import angles, directions, image_of
from .._paint import clouded, grey, mixed, smooth, tone
from . import Rgb, SkyLook

SIZE = (0.03, 0.12)
"""How often the clouds repeat for each height of the clouds along the ground."""


class Clouds(SkyLook):
    """Anything from a few clouds to many, in one layer that a look at the horizon compresses."""

    def paint(self, rng: Generator, zenith: Rgb, horizon: Rgb) -> Image:
        """Return blue with clouds."""
        blue = tone(rng, (0.1, 0.4), (0.3, 0.6), (0.65, 0.95))
        pale = tone(rng, (0.6, 0.85), (0.7, 0.9), (0.85, 1.0))
        light, shade = grey(rng, (0.85, 1.0)), grey(rng, (0.45, 0.75))
        x, y, z = directions()
        up = np.maximum(z, 0)
        colours = mixed(pale, blue, up ** np.float32(rng.uniform(0.4, 0.9)))
        scale = np.float32(rng.uniform(*SIZE)) / (up + np.float32(0.12))
        noise = clouded(x * scale, y * scale, rng)
        edge = rng.uniform(-0.6, 0.9)
        cover = smooth(noise, edge, edge + rng.uniform(0.4, 1.2)) * smooth(angles()[1], 0.0, 0.12)
        white = mixed(light, shade, smooth(noise, edge + 0.6, edge + 2.5))
        return image_of(mixed(colours, white, cover))
