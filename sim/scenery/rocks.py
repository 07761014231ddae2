"""Rocks, flat and grey, scattered off the way."""

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco
from numpy.random import Generator

from liquid_control.contract import NotNegative

from ..layout import Layout
from . import Scenery
from ._bodies import SOLID, UNUSED_M, Rgb, add_body, paint, put, scatter, singular

MOST = 5


@dataclass(frozen=True)
class RocksDrawn:
    """Where the rocks of a flight lie, and their colours."""

    places_m: tuple[tuple[float, float], ...]
    yaws_rad: tuple[float, ...]
    colours: tuple[Rgb, ...]


class Rocks(Scenery, frozen=True):
    """Rocks of several sizes.

    Attributes:
        count: fewest and most in a flight.
        beyond_m: how far beyond the flight they lie.
    """

    count: tuple[int, int] = (MOST, MOST)
    beyond_m: NotNegative = 4.0

    def attach(self, spec: mujoco.MjSpec, key: str) -> None:
        """Add as many as a flight may have."""
        for i in range(self.structure()):
            rock = add_body(spec, f"{singular(key)}_{i}")
            size = [_length_m(i), 0.35, 0.22]
            rock.add_geom(type=mujoco.mjtGeom.mjGEOM_ELLIPSOID, size=size, **SOLID)

    def draw(self, rng: Generator, layout: Layout, key: str) -> RocksDrawn:
        """Draw how many there are, where, and their colours."""
        count = int(rng.integers(*self.count, endpoint=True))
        return RocksDrawn(
            scatter(rng, count, layout, self.beyond_m),
            tuple(rng.uniform(0, 2 * math.pi, count).tolist()),
            tuple(_grey(rng) for _ in range(count)),
        )

    def place(
        self, model: mujoco.MjModel, data: mujoco.MjData, key: str, drawn: RocksDrawn
    ) -> None:
        """Put those of this flight into their places, and the others out of sight."""
        for i in range(self.structure()):
            name = f"{singular(key)}_{i}"
            if i >= len(drawn.places_m):
                put(model, data, name, UNUSED_M)
                continue
            put(model, data, name, drawn.places_m[i], drawn.yaws_rad[i])
            paint(model, name, drawn.colours[i])

    def obstacles(self, drawn: RocksDrawn) -> tuple[tuple[float, float, float], ...]:
        """Return the rocks as circles."""
        return tuple((x, y, _length_m(i)) for i, (x, y) in enumerate(drawn.places_m))

    def structure(self) -> int:
        """Return how many the model has: fewer in a flight need no other model."""
        return max(MOST, self.count[1])


def _length_m(i: int) -> float:
    return 0.3 + 0.08 * (i % MOST)


def _grey(rng: Generator) -> Rgb:
    red, green, blue = (rng.uniform(0.25, 0.65) * (1 + rng.uniform(-0.1, 0.1, 3))).tolist()
    return (red, green, blue)
