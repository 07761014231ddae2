"""Points whose convex hulls are the shapes that MuJoCo has no geom for."""

from __future__ import annotations

import math
from itertools import product

Point = tuple[float, float, float]
"""x, y, z in metres, in the frame of the body."""


def rings(*of: tuple[float, float], corners: int = 12) -> tuple[Point, ...]:
    """Return the corners of rings around the upright axis, each of (radius, height)."""
    angles = [2 * math.pi * (i + 0.5) / corners for i in range(corners)]
    return tuple((r * math.cos(a), r * math.sin(a), z) for r, z in of for a in angles)


def slabs(*of: tuple[float, float, float, float]) -> tuple[Point, ...]:
    """Return the corners of level rectangles, each of (from x, to x, half width, height)."""
    return tuple((x, y, z) for x0, x1, w, z in of for x, y in product((x0, x1), (-w, w)))
