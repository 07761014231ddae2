"""Poles: thin, upright, some with a lamp on top."""

from __future__ import annotations

from typing import Any, ClassVar

from ._obstacle import ANY, Obstacle, Shades
from ._thing import BALL, CYLINDER, painted, plain

SHAPES = ((0.06, 2.6), (0.07, 3.5), (0.08, 4.5))
LAMP = (0.95, 0.93, 0.85)


class Pole(Obstacle, frozen=True):
    """Stands where the layout puts what has its key or kind."""

    radius_m: ClassVar[float] = 0.08
    height_m: ClassVar[float] = 4.5
    shapes: ClassVar[int] = len(SHAPES)
    shades: ClassVar[tuple[Shades, ...]] = (
        ((0.45, 0.75), (0.47, 0.77), (0.5, 0.8)),
        ((0.3, 0.55), (0.2, 0.4), (0.1, 0.25)),
        ((0.05, 0.2), (0.05, 0.2), (0.05, 0.2)),
        ANY,
    )

    def build(self, body: Any, shape: int) -> None:
        """Add the pole, and a lamp above where one flies."""
        radius_m, height_m = SHAPES[shape]
        painted(body, CYLINDER, (radius_m, height_m / 2), (0, 0, height_m / 2))
        if shape == 1:
            plain(body, BALL, (0.2,), (0, 0, height_m + 0.1), LAMP)
