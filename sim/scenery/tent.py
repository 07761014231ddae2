"""Tents: a ridge, a dome and a pyramid, with a dark way in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ._hulls import Point, rings, slabs
from ._thing import ELLIPSOID, Thing, painted, painted_hull, plain_hull

INSIDE = (0.08, 0.08, 0.09)
CLOTHS = ("tent_ridge", "tent_dome", "tent_pyramid")


class Tent(Thing, frozen=True):
    """Stands where the layout puts what has its key or kind; one enters against its heading."""

    radius_m: ClassVar[float] = 1.2
    height_m: ClassVar[float] = 1.7
    shapes: ClassVar[int] = len(CLOTHS)
    hulls: ClassVar[Mapping[str, tuple[Point, ...]]] = {
        "tent_ridge": slabs((-0.95, 0.95, 0.7, 0.0), (-0.9, 0.9, 0.02, 1.2)),
        "tent_pyramid": rings((1.15, 0.0), (0.05, 1.7), corners=6),
        "tent_ridge_door": slabs((0.5, 0.97, 0.32, 0.0), (0.5, 0.93, 0.02, 0.8)),
        "tent_dome_door": slabs((0.5, 1.02, 0.3, 0.0), (0.5, 0.72, 0.02, 0.8)),
        "tent_pyramid_door": slabs((0.5, 1.03, 0.3, 0.0), (0.4, 0.57, 0.02, 0.8)),
    }

    def build(self, body: Any, shape: int) -> None:
        """Add the cloth and the way in."""
        cloth = CLOTHS[shape]
        if cloth in self.hulls:
            painted_hull(body, cloth)
        else:
            painted(body, ELLIPSOID, (1.0, 0.95, 1.05), (0, 0, 0))
        plain_hull(body, f"{cloth}_door", INSIDE)
