"""Chairs: seat and back of one colour, on dark legs, on one foot, or closed like a club chair."""

from __future__ import annotations

from typing import Any, ClassVar

from ._thing import BOX, CAPSULE, CYLINDER, Thing, painted, plain

DARK = (0.2, 0.2, 0.2)


class Chair(Thing, frozen=True):
    """Stands where the layout puts what has its key or kind."""

    radius_m: ClassVar[float] = 0.47
    height_m: ClassVar[float] = 1.32
    shapes: ClassVar[int] = 3

    def build(self, body: Any, shape: int) -> None:
        """Add seat, back and what they stand on."""
        (_with_legs, _on_one_foot, _closed)[shape](body)


def _with_legs(body: Any) -> None:
    painted(body, BOX, (0.32, 0.32, 0.06), (0, 0, 0.5))
    painted(body, BOX, (0.06, 0.32, 0.4), (-0.28, 0, 0.92))
    for x in (-0.27, 0.27):
        for y in (-0.27, 0.27):
            leg = [x, y, 0.03, x, y, 0.48]
            plain(body, CAPSULE, (0.025,), (0, 0, 0), DARK, fromto=leg)


def _on_one_foot(body: Any) -> None:
    painted(body, CYLINDER, (0.3, 0.05), (0, 0, 0.52))
    painted(body, BOX, (0.05, 0.26, 0.3), (-0.3, 0, 0.95))
    plain(body, CYLINDER, (0.07, 0.24), (0, 0, 0.24), DARK)
    plain(body, CYLINDER, (0.3, 0.03), (0, 0, 0.03), DARK)


def _closed(body: Any) -> None:
    painted(body, BOX, (0.33, 0.32, 0.22), (0, 0, 0.22))
    painted(body, BOX, (0.09, 0.32, 0.3), (-0.24, 0, 0.68))
    for y in (-0.25, 0.25):
        painted(body, BOX, (0.27, 0.07, 0.12), (0.06, y, 0.52))
