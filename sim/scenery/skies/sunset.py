"""A low sun: orange, pink or yellow around it, and blue to violet away from it."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from liquid_control.contract import Image

from .._faces import directions, image_of
from .._paint import clouded, mixed, smooth, tone
from . import Rgb, SkyLook


class Sunset(SkyLook):
    """The sun stands somewhere just above the horizon, before streaks of cloud."""

    def paint(self, rng: Generator, zenith: Rgb, horizon: Rgb) -> Image:
        """Return warm colours."""
        blue = tone(rng, (0.1, 0.35), (0.12, 0.35), (0.35, 0.65))
        rosy = tone(rng, (0.5, 0.85), (0.35, 0.6), (0.4, 0.65))
        warm = tone(rng, (0.9, 1.0), (0.45, 0.75), (0.1, 0.45))
        x, y, z = directions()
        azimuth, height = rng.uniform(-np.pi, np.pi), rng.uniform(-0.05, 0.25)
        to_sun = np.array([np.cos(azimuth), np.sin(azimuth), height], np.float32)
        near = np.einsum("i,ijkl->jkl", to_sun / np.linalg.norm(to_sun), directions())
        up = np.maximum(z, 0) ** np.float32(rng.uniform(0.4, 0.8))
        colours = mixed(mixed(rosy, blue, up), warm, smooth(near, 0.2, 1.0) * (1 - up))
        scale = np.float32(rng.uniform(0.05, 0.15)) / (np.maximum(z, 0) + np.float32(0.15))
        streaks = smooth(clouded(x * scale, y * scale, rng), 0.3, 1.5) * np.float32(0.6)
        colours = mixed(colours, mixed(blue * np.float32(0.8), warm, smooth(near, 0, 1)), streaks)
        sun = tone(rng, (0.98, 1.0), (0.85, 1.0), (0.5, 0.9))
        return image_of(mixed(colours, sun, smooth(near, 0.993, 0.998)))
