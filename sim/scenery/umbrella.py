"""Umbrellas that stand: pointed, domed or square, on a dark pole with a foot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ._hulls import Point, rings
from ._thing import CYLINDER, Thing, painted_hull, plain

POLE = (0.3, 0.28, 0.26)
CLOTHS = ("umbrella_pointed", "umbrella_domed", "umbrella_square")


class Umbrella(Thing, frozen=True):
    """Stands where the layout puts what has its key or kind."""

    radius_m: ClassVar[float] = 1.0
    height_m: ClassVar[float] = 2.3
    shapes: ClassVar[int] = len(CLOTHS)
    hulls: ClassVar[Mapping[str, tuple[Point, ...]]] = {
        "umbrella_pointed": rings((0.95, 1.6), (0.03, 2.2)),
        "umbrella_domed": rings((0.85, 1.5), (0.8, 1.75), (0.55, 2.05), (0.1, 2.2)),
        "umbrella_square": rings((1.0, 1.65), (1.0, 1.8), (0.05, 2.25), corners=4),
    }

    def build(self, body: Any, shape: int) -> None:
        """Add foot, pole and cloth."""
        plain(body, CYLINDER, (0.28, 0.05), (0, 0, 0.05), POLE)
        plain(body, CYLINDER, (0.06, 0.85), (0, 0, 0.85), POLE)
        painted_hull(body, CLOTHS[shape])
