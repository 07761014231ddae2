"""Traffic cones: tall, squat or slim, with white bands, on a foot of their own colour."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ._hulls import Point, rings
from ._thing import BOX, Thing, painted, painted_hull, plain_hull

FOOT_M = 0.06
BAND = (0.95, 0.95, 0.95)
# Height, radius at the foot and at the tip, half width of the foot; where bands begin and end.
SHAPES = (
    (1.1, 0.32, 0.04, 0.4, ((0.55, 0.75),)),
    (0.8, 0.38, 0.06, 0.42, ((0.42, 0.58),)),
    (1.3, 0.24, 0.08, 0.34, ((0.5, 0.64), (0.88, 1.02))),
)


def _hulls() -> dict[str, tuple[Point, ...]]:
    hulls = {}
    for i, (height, low, tip, _, bands) in enumerate(SHAPES):
        hulls[f"cone_{i}"] = rings((low, FOOT_M), (tip, height))
        for j, band in enumerate(bands):
            radii = [low + (tip - low) * (z - FOOT_M) / (height - FOOT_M) for z in band]
            hulls[f"cone_{i}_band_{j}"] = rings(
                *((r + 0.006, z) for r, z in zip(radii, band, strict=True))
            )
    return hulls


class Cone(Thing, frozen=True):
    """Stands where the layout puts what has its key or kind."""

    radius_m: ClassVar[float] = 0.6
    height_m: ClassVar[float] = 1.3
    shapes: ClassVar[int] = len(SHAPES)
    hulls: ClassVar[Mapping[str, tuple[Point, ...]]] = _hulls()

    def build(self, body: Any, shape: int) -> None:
        """Add foot, cone and bands."""
        *_, foot, bands = SHAPES[shape]
        painted(body, BOX, (foot, foot, FOOT_M / 2), (0, 0, FOOT_M / 2))
        painted_hull(body, f"cone_{shape}")
        for j in range(len(bands)):
            plain_hull(body, f"cone_{shape}_band_{j}", BAND)
