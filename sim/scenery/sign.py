"""Signs: a round, a square or a triangular board on a post of its colour."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from ._hulls import Point
from ._thing import BOX, CYLINDER, Thing, painted, painted_hull

HALF_THICK_M = 0.06
TRIANGLE = tuple(
    (x, y, z)
    for x in (-HALF_THICK_M, HALF_THICK_M)
    for y, z in ((-0.48, 1.05), (0.48, 1.05), (0.0, 1.9))
)


class Sign(Thing, frozen=True):
    """Stands where the layout puts what has its key or kind; its board faces its heading."""

    radius_m: ClassVar[float] = 0.5
    height_m: ClassVar[float] = 1.9
    shapes: ClassVar[int] = 3
    hulls: ClassVar[Mapping[str, tuple[Point, ...]]] = {"sign_triangle": TRIANGLE}

    def build(self, body: Any, shape: int) -> None:
        """Add the post and the board."""
        painted(body, CYLINDER, (0.07, 0.6), (0, 0, 0.6))
        if shape == 0:
            facing = math.sqrt(0.5)
            disc = (0.4, HALF_THICK_M)
            painted(body, CYLINDER, disc, (0, 0, 1.45), quat=[facing, 0, facing, 0])
        elif shape == 1:
            painted(body, BOX, (HALF_THICK_M, 0.36, 0.36), (0, 0, 1.45))
        else:
            painted_hull(body, "sign_triangle")
