"""Walls across their heading: long, short with a coping, or with a plinth."""

from __future__ import annotations

from typing import Any, ClassVar

from ._obstacle import ANY, Obstacle, Shades
from ._thing import BOX, painted, plain

HALF_LENGTHS_M = (1.5, 1.2, 1.4)
STONE = (0.45, 0.43, 0.4)


class Wall(Obstacle, frozen=True):
    """Stands where the layout puts what has its key or kind."""

    radius_m: ClassVar[float] = 0.15
    half_length_m: ClassVar[float] = 1.4
    height_m: ClassVar[float] = 2.4
    shapes: ClassVar[int] = len(HALF_LENGTHS_M)
    opaque: ClassVar[bool] = True
    shades: ClassVar[tuple[Shades, ...]] = (
        ((0.5, 0.75), (0.22, 0.4), (0.15, 0.3)),
        ((0.75, 0.95), (0.72, 0.92), (0.62, 0.85)),
        ((0.4, 0.65), (0.4, 0.65), (0.4, 0.65)),
        ANY,
    )

    def build(self, body: Any, shape: int) -> None:
        """Add the wall and its band of stone."""
        half_m = HALF_LENGTHS_M[shape]
        painted(body, BOX, (0.06, half_m, 1.2), (0, 0, 1.2))
        if shape:
            height = (0.0, 2.34, 0.2)[shape]
            plain(body, BOX, (0.08, half_m, (0.0, 0.06, 0.2)[shape]), (0, 0, height), STONE)
