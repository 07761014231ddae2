"""A barrel of one colour."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
from numpy.random import Generator

from ..tasks import Layout, Place
from . import Scenery
from ._bodies import SOLID, UNUSED_M, Rgb, add_body, paint, put
from .colours import check_colour, draw_colour

RADIUS_M = 0.28
HEIGHT_M = 0.9


@dataclass(frozen=True)
class BarrelDrawn:
    """Where the barrel stands, None where this flight has none, and its shade."""

    place: Place | None
    rgb: Rgb


class Barrel(Scenery, frozen=True):
    """Stands where the layout puts what has its key; a layout without it leaves it away.

    Attributes:
        colour: one of ``scenery/colours.py``.
    """

    colour: str = "blue"

    def __post_init__(self) -> None:
        check_colour(self.colour)

    def attach(self, spec: mujoco.MjSpec, key: str) -> None:
        """Add the barrel, upright."""
        size, middle = [RADIUS_M, HEIGHT_M / 2, 0], [0, 0, HEIGHT_M / 2]
        barrel = add_body(spec, key)
        barrel.add_geom(type=mujoco.mjtGeom.mjGEOM_CYLINDER, size=size, pos=middle, **SOLID)

    def draw(self, rng: Generator, layout: Layout, key: str) -> BarrelDrawn:
        """Draw its shade."""
        return BarrelDrawn(layout.places.get(key), draw_colour(rng, self.colour))

    def place(
        self, model: mujoco.MjModel, data: mujoco.MjData, key: str, drawn: BarrelDrawn
    ) -> None:
        """Put it where the layout says, or out of sight."""
        paint(model, key, drawn.rgb)
        if drawn.place is None:
            put(model, data, key, UNUSED_M)
        else:
            put(model, data, key, (drawn.place.x_m, drawn.place.y_m), drawn.place.yaw_rad)
