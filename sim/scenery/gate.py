"""Gates to fly through: two posts and a bar, 1.6 m wide and 2.4 m high inside."""

from __future__ import annotations

from typing import Any, ClassVar

from ..layout import Place
from ._thing import BOX, CYLINDER, Circle, Thing, painted, row

LABELLED = 4
"""The geom group that only labels see: no camera draws it."""
UNTOUCHED = {"contype": 0, "conaffinity": 0}
INNER_WIDTH_M, INNER_HEIGHT_M = 1.6, 2.4
HALF_THICK_M = 0.08
MIDDLE_M = INNER_WIDTH_M / 2 + HALF_THICK_M


class Gate(Thing, frozen=True):
    """Stands across its heading where the layout puts what has its key or kind."""

    radius_m: ClassVar[float] = 0.12
    half_length_m: ClassVar[float] = MIDDLE_M
    height_m: ClassVar[float] = INNER_HEIGHT_M + 0.3
    shapes: ClassVar[int] = 3

    def build(self, body: Any, shape: int) -> None:
        """Add posts and bar."""
        half_m = INNER_HEIGHT_M / 2
        for y in (-MIDDLE_M, MIDDLE_M):
            if shape == 0:
                painted(body, CYLINDER, (HALF_THICK_M, half_m), (0, y, half_m))
            else:
                painted(body, BOX, (HALF_THICK_M, HALF_THICK_M, half_m), (0, y, half_m))
        # What a policy learns to see of a gate is the way through: the opening is part of it.
        opening = [0.02, INNER_WIDTH_M / 2, half_m]
        body.add_geom(type=BOX, size=opening, pos=[0, 0, half_m], group=LABELLED, **UNTOUCHED)
        bar_m = (HALF_THICK_M, HALF_THICK_M, 0.15)[shape]
        width_m = MIDDLE_M + HALF_THICK_M
        painted(body, BOX, (HALF_THICK_M, width_m, bar_m), (0, 0, INNER_HEIGHT_M + bar_m))

    @classmethod
    def outline(cls, place: Place) -> tuple[Circle, ...]:
        """Return the two posts."""
        return row(place, cls.half_length_m, cls.radius_m, count=2)
