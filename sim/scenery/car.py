"""Small cars, 2.2 m long: a hatchback, a van and an open pickup, with dark windows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from ._hulls import Point, slabs
from ._thing import BOX, CYLINDER, Thing, painted, painted_hull, plain, plain_hull

GLASS, TYRE = (0.1, 0.12, 0.15), (0.07, 0.07, 0.07)
SIDEWAYS = [math.sqrt(0.5), math.sqrt(0.5), 0, 0]


class Car(Thing, frozen=True):
    """Stands where the layout puts what has its key or kind; its front is its heading."""

    radius_m: ClassVar[float] = 1.22
    height_m: ClassVar[float] = 1.3
    shapes: ClassVar[int] = 3
    hulls: ClassVar[Mapping[str, tuple[Point, ...]]] = {
        "car_cabin": slabs((-0.95, 0.55, 0.47, 0.62), (-0.7, 0.2, 0.38, 1.0)),
        "car_roof": slabs((-0.74, 0.25, 0.4, 0.97), (-0.68, 0.18, 0.37, 1.06)),
        "car_van": slabs((-1.1, 0.98, 0.5, 0.6), (-1.08, 0.55, 0.46, 1.3)),
        "car_screen": slabs((0.4, 0.95, 0.505, 0.72), (0.4, 0.68, 0.485, 1.12)),
        "car_front": slabs((-0.25, 0.6, 0.47, 0.62), (-0.2, 0.3, 0.4, 1.02)),
        "car_top": slabs((-0.24, 0.36, 0.42, 0.98), (-0.2, 0.3, 0.39, 1.08)),
    }

    def build(self, body: Any, shape: int) -> None:
        """Add wheels, body and windows."""
        for x in (-0.68, 0.68):
            for y in (-0.44, 0.44):
                plain(body, CYLINDER, (0.22, 0.08), (x, y, 0.22), TYRE, quat=SIDEWAYS)
        painted(body, BOX, (1.1, 0.5, 0.24), (0, 0, 0.4))
        windows, paint = (
            ("car_cabin", "car_roof"),
            ("car_screen", "car_van"),
            ("car_front", "car_top"),
        )[shape]
        plain_hull(body, windows, GLASS)
        painted_hull(body, paint)
