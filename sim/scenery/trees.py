"""Trees: a trunk and a crown each, scattered off the way."""

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco
from numpy.random import Generator

from liquid_control.contract import NotNegative

from ..layout import Layout
from . import Scenery
from ._bodies import SOLID, UNUSED_M, Rgb, add_body, paint, put, scatter, singular

MOST = 14
TRUNK, CROWN = mujoco.mjtGeom.mjGEOM_CYLINDER, mujoco.mjtGeom.mjGEOM_ELLIPSOID


@dataclass(frozen=True)
class TreesDrawn:
    """Where the trees of a flight stand, and the colours of their trunks and crowns."""

    places_m: tuple[tuple[float, float], ...]
    yaws_rad: tuple[float, ...]
    trunks: tuple[Rgb, ...]
    crowns: tuple[Rgb, ...]


class Trees(Scenery, frozen=True):
    """Trees of several sizes.

    Attributes:
        count: fewest and most in a flight.
        beyond_m: how far beyond the flight they stand.
    """

    count: tuple[int, int] = (6, MOST)
    beyond_m: NotNegative = 8.0

    def attach(self, spec: mujoco.MjSpec, key: str) -> None:
        """Add as many as a flight may have."""
        for i in range(self.structure()):
            tree = add_body(spec, f"{singular(key)}_{i}")
            height, crown = 2.2 + 0.45 * (i % 5), 0.8 + 0.25 * (i % 4)
            trunk = {"size": [_radius_m(i), height / 2, 0], "pos": [0, 0, height / 2]}
            leaves = {"size": [crown, crown, 1.1 * crown], "pos": [0, 0, height + 0.5 * crown]}
            tree.add_geom(type=TRUNK, **trunk, **SOLID)
            tree.add_geom(type=CROWN, **leaves, **SOLID)

    def draw(self, rng: Generator, layout: Layout, key: str) -> TreesDrawn:
        """Draw how many there are, where, and their colours."""
        count = int(rng.integers(*self.count, endpoint=True))
        return TreesDrawn(
            scatter(rng, count, layout, self.beyond_m),
            tuple(rng.uniform(0, 2 * math.pi, count).tolist()),
            tuple(_trunk_rgb(rng) for _ in range(count)),
            tuple(_crown_rgb(rng) for _ in range(count)),
        )

    def place(
        self, model: mujoco.MjModel, data: mujoco.MjData, key: str, drawn: TreesDrawn
    ) -> None:
        """Put those of this flight into their places, and the others out of sight."""
        for i in range(self.structure()):
            name = f"{singular(key)}_{i}"
            if i >= len(drawn.places_m):
                put(model, data, name, UNUSED_M)
                continue
            put(model, data, name, drawn.places_m[i], drawn.yaws_rad[i])
            paint(model, name, drawn.trunks[i], TRUNK)
            paint(model, name, drawn.crowns[i], CROWN)

    def obstacles(self, drawn: TreesDrawn) -> tuple[tuple[float, float, float], ...]:
        """Return the trunks."""
        return tuple((x, y, _radius_m(i)) for i, (x, y) in enumerate(drawn.places_m))

    def structure(self) -> int:
        """Return how many the model has: fewer in a flight need no other model."""
        return max(MOST, self.count[1])


def _radius_m(i: int) -> float:
    return 0.12 + 0.03 * (i % 3)


def _trunk_rgb(rng: Generator) -> Rgb:
    brown = rng.uniform(0.15, 0.4)
    return (brown, 0.75 * brown, 0.5 * brown)


def _crown_rgb(rng: Generator) -> Rgb:
    green = rng.uniform(0.28, 0.6)
    return (green * rng.uniform(0.3, 0.9), green, green * rng.uniform(0.1, 0.5))
