"""Dark, with stars, a moon at times, and the glow of a town at the horizon."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from liquid_control.contract import Image

from .._faces import directions, image_of
from .._paint import clouded, grey, mixed, smooth, tone
from . import Rgb, SkyLook


class Night(SkyLook):
    """Black to dark blue."""

    def paint(self, rng: Generator, zenith: Rgb, horizon: Rgb) -> Image:
        """Return a dark sky."""
        dark = tone(rng, (0.0, 0.1), (0.0, 0.12), (0.03, 0.25))
        glow = tone(rng, (0.08, 0.4), (0.08, 0.35), (0.1, 0.4))
        x, y, z = directions()
        low = 1 - smooth(z, 0.0, rng.uniform(0.15, 0.6))
        colours = mixed(dark, glow, low * (1 + np.float32(0.2) * clouded(x / 4, y / 4, rng)))
        flat = colours.reshape(-1, 3)
        stars = rng.integers(len(flat), size=int(rng.integers(0, 500)))
        flat[stars] += rng.uniform(0.1, 0.7, (len(stars), 1)).astype(np.float32)
        azimuth, height = rng.uniform(-np.pi, np.pi), rng.uniform(0.05, 1.5)
        to_moon = np.array([np.cos(azimuth), np.sin(azimuth), height], np.float32)
        near = np.einsum("i,ijkl->jkl", to_moon / np.linalg.norm(to_moon), directions())
        moon = smooth(near, 0.997, 0.999) * np.float32(rng.random() < 0.5)
        return image_of(mixed(colours, grey(rng, (0.8, 1.0)), moon))
