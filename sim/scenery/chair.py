"""A chair with a seat and a back of one colour, and thin dark legs."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
from numpy.random import Generator

from ..tasks import Layout, Place
from . import Scenery
from ._bodies import SOLID, Rgb, add_body, paint, put
from .colours import check_colour, draw_colour

BOX, CAPSULE = mujoco.mjtGeom.mjGEOM_BOX, mujoco.mjtGeom.mjGEOM_CAPSULE


@dataclass(frozen=True)
class ChairDrawn:
    """Where the chair stands, and its shade."""

    place: Place
    rgb: Rgb


class Chair(Scenery, frozen=True):
    """Stands where the layout puts what has its key.

    Attributes:
        colour: one of ``scenery/colours.py``.
    """

    colour: str = "red"

    def __post_init__(self) -> None:
        check_colour(self.colour)

    def attach(self, spec: mujoco.MjSpec, key: str) -> None:
        """Add seat, back and legs."""
        chair = add_body(spec, key)
        chair.add_geom(type=BOX, size=[0.32, 0.32, 0.06], pos=[0, 0, 0.5], **SOLID)
        chair.add_geom(type=BOX, size=[0.06, 0.32, 0.4], pos=[-0.28, 0, 0.92], **SOLID)
        for x in (-0.27, 0.27):
            for y in (-0.27, 0.27):
                leg = [x, y, 0.03, x, y, 0.48]
                grey = [0.2, 0.2, 0.2, 1]
                chair.add_geom(type=CAPSULE, fromto=leg, size=[0.025, 0, 0], rgba=grey, **SOLID)

    def draw(self, rng: Generator, layout: Layout, key: str) -> ChairDrawn:
        """Draw its shade."""
        return ChairDrawn(layout.places[key], draw_colour(rng, self.colour))

    def place(
        self, model: mujoco.MjModel, data: mujoco.MjData, key: str, drawn: ChairDrawn
    ) -> None:
        """Put it where the layout says."""
        put(model, data, key, (drawn.place.x_m, drawn.place.y_m), drawn.place.yaw_rad)
        paint(model, key, drawn.rgb, BOX)
