"""Fences across their heading: rails, pales or boards between posts."""

from __future__ import annotations

from typing import Any, ClassVar

from ._obstacle import ANY, Obstacle, Shades
from ._thing import BOX, painted

HALF_LENGTH_M, HEIGHT_M = 1.2, 1.9


class Fence(Obstacle, frozen=True):
    """Stands where the layout puts what has its key or kind."""

    radius_m: ClassVar[float] = 0.12
    half_length_m: ClassVar[float] = HALF_LENGTH_M
    height_m: ClassVar[float] = HEIGHT_M
    shapes: ClassVar[int] = 3
    shades: ClassVar[tuple[Shades, ...]] = (
        ((0.35, 0.6), (0.24, 0.42), (0.12, 0.28)),
        ((0.8, 0.95), (0.8, 0.95), (0.78, 0.95)),
        ((0.3, 0.6), (0.32, 0.62), (0.34, 0.64)),
        ANY,
    )

    def build(self, body: Any, shape: int) -> None:
        """Add posts and what is between them."""
        half_m = HEIGHT_M / 2
        for y in (-HALF_LENGTH_M, HALF_LENGTH_M):
            painted(body, BOX, (0.05, 0.05, half_m), (0, y, half_m))
        (_rails, _pales, _boards)[shape](body)


def _rails(body: Any) -> None:
    for height in (0.35, 0.8, 1.25, 1.7):
        painted(body, BOX, (0.03, HALF_LENGTH_M, 0.07), (0, 0, height))


def _pales(body: Any) -> None:
    painted(body, BOX, (0.02, HALF_LENGTH_M, 0.06), (0, 0, 1.4))
    for i in range(-2, 3):
        painted(body, BOX, (0.04, 0.09, 0.9), (0, 0.4 * i, 0.95))


def _boards(body: Any) -> None:
    for height in (0.5, 1.4):
        painted(body, BOX, (0.03, HALF_LENGTH_M, 0.38), (0, 0, height))
