"""Boxes: a cube, a long parcel and a small one on a large one, with tape around them."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from ._thing import BOX, Thing, painted, plain

TAPE = (0.72, 0.62, 0.46)


class Box(Thing, frozen=True):
    """Stands where the layout puts what has its key or kind."""

    radius_m: ClassVar[float] = 0.66
    height_m: ClassVar[float] = 1.01
    shapes: ClassVar[int] = 3

    def build(self, body: Any, shape: int) -> None:
        """Add what is packed."""
        if shape == 0:
            _parcel(body, (0.4, 0.4, 0.4), 0.0)
        elif shape == 1:
            _parcel(body, (0.35, 0.55, 0.27), 0.0)
        else:
            _parcel(body, (0.45, 0.45, 0.3), 0.0)
            _parcel(body, (0.26, 0.26, 0.2), 0.6, yaw_rad=0.5)


def _parcel(
    body: Any, half_m: tuple[float, float, float], on_m: float, yaw_rad: float = 0.0
) -> None:
    x, _, z = half_m
    turned = [math.cos(yaw_rad / 2), 0, 0, math.sin(yaw_rad / 2)]
    painted(body, BOX, half_m, (0, 0, on_m + z), quat=turned)
    plain(body, BOX, (x + 0.005, 0.06, z), (0, 0, on_m + z + 0.005), TAPE, quat=turned)
