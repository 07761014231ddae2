"""One kind of horizon a file: what stands far away, painted into the sky."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from liquid_control.contract import Image
from liquid_control.registry import Registry

from .._faces import Floats, angles, image_of

AROUND = 512
"""Columns of a silhouette, of the full circle."""


class Horizon:
    """Paints what stands at the horizon."""

    def paint(self, rng: Generator, faces: Image) -> Image:
        """Return the six faces, (6, 64, 64, 3) uint8, with it before the sky that they show."""
        raise NotImplementedError


HORIZONS: Registry[Horizon] = Registry(__name__, Horizon, "horizon")


def light_of(faces: Image) -> np.float32:
    """Return how bright the sky is at its horizon, about 0 at night to 1 by day."""
    return sky_of(faces).mean()


def sky_of(faces: Image) -> Floats:
    """Return the mean colour of the sky at its horizon, (3,) of 0..1."""
    return faces[np.abs(angles()[1]) < 0.1].mean(axis=0, dtype=np.float32) / 255


def stand(faces: Image, top_rad: Floats, colours: Floats) -> Image:
    """Return the faces with a silhouette before them.

    Args:
        faces: (6, 64, 64, 3) uint8.
        top_rad: its height over the horizon all around, (512,).
        colours: of each column, (512, 3) of 0..1.
    """
    column = columns()
    inside = angles()[1] < top_rad[column]
    painted = faces.copy()
    painted[inside] = image_of(colours[column[inside]])
    return painted


@lru_cache
def columns() -> NDArray[np.int64]:
    """Return the column of a silhouette that each pixel is in, (6, 64, 64)."""
    share = angles()[0] / np.float32(2 * np.pi) + np.float32(0.5)
    return (share * AROUND).astype(np.int64) % AROUND


def ridge(rng: Generator, first: int, last: int, steepness: float) -> Floats:
    """Return waves around the full circle of about -1..1, (512,).

    Args:
        rng: what they are drawn from.
        first: how many of the longest waves there are around.
        last: likewise of the shortest.
        steepness: exponent by which shorter waves are lower.
    """
    counts = np.arange(first, last)
    phases = rng.uniform(0, 2 * np.pi, len(counts))
    strength = (counts / first) ** -steepness * rng.uniform(0.3, 1.0, len(counts))
    around = np.arange(AROUND)[:, None] * (2 * np.pi / AROUND)
    waves = (strength * np.sin(counts * around + phases)).sum(axis=1)
    return (waves / np.abs(waves).max()).astype(np.float32)
