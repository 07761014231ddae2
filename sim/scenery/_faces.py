"""The six faces of the sky: where each of their pixels lies, seen from the middle of the world."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from liquid_control.contract import Image

PIXELS = 64
"""Width of each face of a sky that is painted."""
Floats = NDArray[np.float32]
FACES = (
    ((1, 0, 0), (0, -1, 0), (0, 0, 1)),
    ((-1, 0, 0), (0, 1, 0), (0, 0, 1)),
    ((0, 0, 1), (-1, 0, 0), (0, 1, 0)),
    ((0, 0, -1), (-1, 0, 0), (0, -1, 0)),
    ((0, -1, 0), (-1, 0, 0), (0, 0, 1)),
    ((0, 1, 0), (1, 0, 0), (0, 0, 1)),
)
"""Of each face in MuJoCo's order: where it lies, and where its left and its upper edge point.

MuJoCo takes them as seen from outside: the left edge of a face is on the right of who looks.
"""


@lru_cache
def directions(side: int = PIXELS) -> Floats:
    """Return where each pixel lies, unit vectors in the world's ENU: (3, 6, side, side)."""
    along = 1 - (2 * np.arange(side) + 1) / side
    middles, lefts, tops = np.array(FACES, float).transpose(1, 0, 2)[:, :, None, None]
    found = np.moveaxis(middles + lefts * along[:, None] + tops * along[:, None, None], -1, 0)
    return _kept(found / np.linalg.norm(found, axis=0))


@lru_cache
def angles(side: int = PIXELS) -> tuple[Floats, Floats]:
    """Return azimuth (-pi..pi, from the east to the left) and elevation in rad of each pixel."""
    x, y, z = directions(side)
    return _kept(np.arctan2(y, x)), _kept(np.arctan2(z, np.hypot(x, y)))


def image_of(colours: Floats) -> Image:
    """Return colours of 0..1, (..., 3), as uint8."""
    scaled = colours * np.float32(255)
    return np.minimum(np.maximum(scaled, 0, out=scaled), 255, out=scaled).astype(np.uint8)


def _kept(values: NDArray[np.floating]) -> Floats:
    """Return values that many share, so that nobody can change them."""
    kept = np.ascontiguousarray(values, np.float32)
    kept.setflags(write=False)
    return kept
