"""Boulders: rounded stones as high as one flies, which hide what is behind them."""

from __future__ import annotations

from typing import Any, ClassVar

from ._obstacle import Obstacle, Shades
from ._thing import ELLIPSOID, painted

# Half axes of the stone and of a smaller one that leans on it, and where that lies.
SHAPES = (
    ((0.45, 0.4, 0.6), (0.3, 0.3, 0.35), (0.2, 0.1, 0.25)),
    ((0.55, 0.5, 0.75), (0.35, 0.3, 0.5), (-0.2, 0.1, 0.3)),
    ((0.6, 0.55, 0.85), (0.4, 0.3, 0.4), (0.1, -0.22, 0.35)),
)
SUNK = 0.85
"""Height of a stone's middle, as a share of its upright half axis."""


class Boulder(Obstacle, frozen=True):
    """Lies where the layout puts what has its key or kind."""

    radius_m: ClassVar[float] = 0.6
    height_m: ClassVar[float] = 1.6
    shapes: ClassVar[int] = len(SHAPES)
    opaque: ClassVar[bool] = True
    shades: ClassVar[tuple[Shades, ...]] = (
        ((0.4, 0.65), (0.4, 0.65), (0.4, 0.65)),
        ((0.2, 0.35), (0.2, 0.34), (0.2, 0.34)),
        ((0.55, 0.75), (0.48, 0.64), (0.38, 0.52)),
        ((0.3, 0.55), (0.25, 0.5), (0.22, 0.45)),
    )

    def build(self, body: Any, shape: int) -> None:
        """Add the two stones."""
        large, small, beside = SHAPES[shape]
        painted(body, ELLIPSOID, large, (0, 0, SUNK * large[2]))
        painted(body, ELLIPSOID, small, beside)
