"""People who stand: in a shirt, in an overall with arms spread, in a long coat or a dress."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from ._hulls import Point, rings
from ._thing import BALL, CAPSULE, CYLINDER, ELLIPSOID, Rgb, Thing, painted, painted_hull, plain

SKINS = ((0.85, 0.66, 0.54), (0.4, 0.26, 0.18), (0.68, 0.48, 0.35), (0.93, 0.76, 0.66))
TROUSERS, SHOES = (0.16, 0.17, 0.22), (0.1, 0.1, 0.1)


class Person(Thing, frozen=True):
    """Stands where the layout puts what has its key or kind."""

    radius_m: ClassVar[float] = 0.75
    height_m: ClassVar[float] = 1.8
    shapes: ClassVar[int] = len(SKINS)
    hulls: ClassVar[Mapping[str, tuple[Point, ...]]] = {
        "person_dress": rings((0.34, 0.35), (0.16, 1.1), (0.22, 1.4), (0.1, 1.5))
    }

    def build(self, body: Any, shape: int) -> None:
        """Add clothes and head."""
        plain(body, BALL, (0.13,), (0, 0, 1.67), SKINS[shape])
        (_shirt, _overall, _coat, _dress)[shape](body, SKINS[shape])


def _shirt(body: Any, skin: Rgb) -> None:
    painted(body, ELLIPSOID, (0.17, 0.27, 0.42), (0, 0, 1.15))
    for y in (-1, 1):
        _limb(body, (0, 0.26 * y, 1.42), (0, 0.36 * y, 0.95), 0.07)
        _limb(body, (0, 0.11 * y, 0.85), (0, 0.12 * y, 0.08), 0.08, TROUSERS)


def _overall(body: Any, skin: Rgb) -> None:
    painted(body, ELLIPSOID, (0.18, 0.26, 0.42), (0, 0, 1.15))
    for y in (-1, 1):
        _limb(body, (0, 0.2 * y, 1.4), (0, 0.66 * y, 1.55), 0.07)
        _limb(body, (0, 0.12 * y, 0.85), (0, 0.2 * y, 0.1), 0.09)


def _coat(body: Any, skin: Rgb) -> None:
    painted(body, CYLINDER, (0.24, 0.55), (0, 0, 0.97))
    for y in (-1, 1):
        _limb(body, (0, 0.24 * y, 1.42), (0.12, 0.34 * y, 0.9), 0.08)
        _limb(body, (0, 0.1 * y, 0.45), (0, 0.1 * y, 0.08), 0.07, SHOES)


def _dress(body: Any, skin: Rgb) -> None:
    painted_hull(body, "person_dress")
    for y in (-1, 1):
        _limb(body, (0, 0.22 * y, 1.38), (0.05, 0.34 * y, 0.95), 0.05, skin)
        _limb(body, (0, 0.1 * y, 0.4), (0, 0.1 * y, 0.05), 0.05, skin)


def _limb(body: Any, start: Point, end: Point, radius_m: float, rgb: Rgb | None = None) -> None:
    """Add an arm or a leg, painted like the clothes if no colour is given."""
    way = [*start, *end]
    if rgb is None:
        painted(body, CAPSULE, (radius_m,), (0, 0, 0), fromto=way)
    else:
        plain(body, CAPSULE, (radius_m,), (0, 0, 0), rgb, fromto=way)
