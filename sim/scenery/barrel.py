"""Barrels: upright and plain, with hoops, or bellied like a cask."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ._hulls import Point, rings
from ._thing import CYLINDER, Thing, painted, painted_hull, plain

HOOP = (0.25, 0.25, 0.25)


class Barrel(Thing, frozen=True):
    """Stands where the layout puts what has its key or kind."""

    radius_m: ClassVar[float] = 0.4
    height_m: ClassVar[float] = 1.1
    shapes: ClassVar[int] = 3
    hulls: ClassVar[Mapping[str, tuple[Point, ...]]] = {
        "barrel_cask": rings((0.27, 0.0), (0.38, 0.35), (0.38, 0.75), (0.27, 1.1))
    }

    def build(self, body: Any, shape: int) -> None:
        """Add the barrel, upright."""
        (_plain, _hooped, _cask)[shape](body)


def _plain(body: Any) -> None:
    painted(body, CYLINDER, (0.28, 0.45), (0, 0, 0.45))


def _hooped(body: Any) -> None:
    painted(body, CYLINDER, (0.3, 0.5), (0, 0, 0.5))
    for height in (0.12, 0.5, 0.88):
        _hoop(body, 0.32, height)


def _cask(body: Any) -> None:
    painted_hull(body, "barrel_cask")
    for height in (0.22, 0.88):
        _hoop(body, 0.36, height)


def _hoop(body: Any, radius_m: float, height_m: float) -> None:
    plain(body, CYLINDER, (radius_m, 0.03), (0, 0, height_m), HOOP)
