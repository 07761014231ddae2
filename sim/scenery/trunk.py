"""Tree trunks, bare or below a crown that one flies under."""

from __future__ import annotations

from typing import Any, ClassVar

from ._obstacle import ANY, Obstacle, Shades
from ._thing import CYLINDER, ELLIPSOID, painted, plain

# Radius, height; radius and colour of the crown.
SHAPES = (
    (0.1, 5.0, 0.0, (0.0, 0.0, 0.0)),
    (0.15, 5.5, 1.0, (0.2, 0.36, 0.12)),
    (0.2, 6.0, 0.0, (0.0, 0.0, 0.0)),
    (0.25, 5.5, 1.3, (0.42, 0.36, 0.14)),
)


class Trunk(Obstacle, frozen=True):
    """Stands where the layout puts what has its key or kind."""

    radius_m: ClassVar[float] = 0.25
    height_m: ClassVar[float] = 6.0
    shapes: ClassVar[int] = len(SHAPES)
    shades: ClassVar[tuple[Shades, ...]] = (
        ((0.25, 0.5), (0.16, 0.34), (0.08, 0.24)),
        ((0.35, 0.6), (0.33, 0.58), (0.3, 0.55)),
        ((0.75, 0.9), (0.74, 0.88), (0.68, 0.82)),
        ANY,
    )

    def build(self, body: Any, shape: int) -> None:
        """Add trunk and crown."""
        radius_m, height_m, crown_m, leaves = SHAPES[shape]
        if crown_m:
            plain(body, ELLIPSOID, (crown_m, crown_m, 1.1), (0, 0, height_m - 1.1), leaves)
            height_m -= 1.1
        painted(body, CYLINDER, (radius_m, height_m / 2), (0, 0, height_m / 2))
