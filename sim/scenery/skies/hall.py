"""A hall: walls with panels, doors or windows, and a ceiling with lamps, painted far away."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from liquid_control.contract import Image

from .._faces import Floats, directions, image_of
from .._paint import grey, mixed, tone
from . import Rgb, SkyLook

PANELS = 64
"""As many shades as doors, windows and panels have."""


class Hall(SkyLook):
    """The inside of a large box; what is beside the camera's ground is the foot of its walls."""

    outdoors = False

    def paint(self, rng: Generator, zenith: Rgb, horizon: Rgb) -> Image:
        """Return walls and ceiling."""
        x, y, z = directions()
        half = rng.uniform(25, 55, 2).astype(np.float32)
        turn = rng.uniform(0, np.pi / 2)
        sin, cos = np.float32(np.sin(turn)), np.float32(np.cos(turn))
        ahead, aside = cos * x + sin * y, cos * y - sin * x
        with np.errstate(divide="ignore"):
            reach = half[0] / np.abs(ahead), half[1] / np.abs(aside)
            over_m = np.where(z > 0, np.float32(rng.uniform(6, 20)) / z, np.inf)
        first = reach[0] < reach[1]
        wall_m = np.where(first, *reach)
        across_m = np.where(first, aside, ahead) * wall_m
        face = np.where(first, ahead > 0, 2 + (aside > 0))
        faces = _walls(rng, across_m, z * wall_m, face)
        above = over_m < wall_m
        over_m = over_m[above]
        faces[above] = _ceiling(rng, ahead[above] * over_m, aside[above] * over_m)
        return faces


def _walls(rng: Generator, across_m: Floats, up_m: Floats, face: NDArray[np.int64]) -> Image:
    """Return the colours of walls: a shade each, a stripe at their foot, and panels."""
    base = mixed(tone(rng, (0.25, 0.95)), grey(rng, (0.3, 0.95)), np.float32(rng.random()))
    shades = tone(rng, (0.1, 1.0)) * rng.uniform(0.6, 1.3, (PANELS, 1))
    palette = np.vstack([base * rng.uniform(0.8, 1.1, (4, 1)), tone(rng, (0.1, 0.8)), shades])
    shown = np.where(up_m < rng.uniform(-6, 2.5), 4, face)
    number, rest = np.divmod(across_m / np.float32(rng.uniform(2.5, 9)), 1)
    number = (number.astype(np.int64) + 16 * face) % PANELS
    low_m = rng.uniform(-2, 4)
    inside = (rest > rng.uniform(0.05, 0.6)) & (up_m > low_m) & (up_m < low_m + rng.uniform(1, 6))
    kept = rng.random(PANELS) < rng.uniform(0.3, 1.0)
    shown = np.where(inside & kept[number], 5 + number, shown)
    return image_of(palette.astype(np.float32))[shown]


def _ceiling(rng: Generator, ahead_m: Floats, aside_m: Floats) -> Image:
    """Return the colours of a ceiling: lamps or beams in rows, which run together far away."""
    plain, lamp = grey(rng, (0.3, 0.9)), grey(rng, (0.1, 1.0))
    row_m, column_m = np.float32(rng.uniform(3, 10)), np.float32(rng.uniform(3, 30))
    width, length = rng.uniform(0.15, 0.4), rng.uniform(0.3, 1.0)
    lit = ((ahead_m / row_m) % 1 < width) & ((aside_m / column_m) % 1 < length)
    near = np.exp(-((np.hypot(ahead_m, aside_m) / (6 * row_m)) ** 2))
    mean = np.float32(width * length)
    return image_of(mixed(plain, lamp, mean + near * (lit - mean)))
