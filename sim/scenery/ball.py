"""Balls: for the beach, for exercises, or larger than either."""

from __future__ import annotations

from typing import Any, ClassVar

from ._thing import BALL, Thing, painted

RADII_M = (0.36, 0.44, 0.52)


class Ball(Thing, frozen=True):
    """Lies where the layout puts what has its key or kind."""

    radius_m: ClassVar[float] = max(RADII_M)
    height_m: ClassVar[float] = 2 * max(RADII_M)
    shapes: ClassVar[int] = len(RADII_M)

    def build(self, body: Any, shape: int) -> None:
        """Add the ball, on the ground."""
        painted(body, BALL, (RADII_M[shape],), (0, 0, RADII_M[shape]))
