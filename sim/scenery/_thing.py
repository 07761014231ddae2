"""Base of the kinds of things that a task puts somewhere: chairs, barrels, trunks, walls."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import mujoco
from numpy.random import Generator

from liquid_control.contract import Count
from liquid_control.errors import ConfigError

from ..layout import Layout, Place
from . import Scenery
from ._bodies import PAINTED, SOLID, UNUSED_M, Rgb, add_body, paint, put
from ._hulls import Point
from .colours import check_colour, draw_colour

BOX, BALL = mujoco.mjtGeom.mjGEOM_BOX, mujoco.mjtGeom.mjGEOM_SPHERE
CYLINDER, CAPSULE = mujoco.mjtGeom.mjGEOM_CYLINDER, mujoco.mjtGeom.mjGEOM_CAPSULE
ELLIPSOID, HULL = mujoco.mjtGeom.mjGEOM_ELLIPSOID, mujoco.mjtGeom.mjGEOM_MESH
Circle = tuple[float, float, float]
"""(x, y, radius) in metres."""


@dataclass(frozen=True)
class Stood:
    """One thing of a flight: which of the bodies shows it, where, and in which shade."""

    body: int
    place: Place
    rgb: Rgb


class Thing(Scenery, frozen=True):
    """One or more things of a kind, each where the layout puts it.

    A place is shown by the scenery whose key it has, or by that of its ``kind``: the name of
    the file. A subclass says what the kind looks like in ``build`` and how much room it takes.

    Attributes:
        colour: one of ``scenery/colours.py``, where a place names none.
        count: the most that a flight may have.
        radius_m: of the largest shape up to a height of 2.4 m, seen from above.
        half_length_m: of one that is longer than wide, from its middle to either side.
        height_m: of the highest shape.
        shapes: how many different ones there are.
        opaque: whether it hides what is behind it from who flies.
        orderable: whether a goal may name it; else it is only ever in the way.
        hulls: the points of each ``HULL`` that ``build`` names.
    """

    radius_m: ClassVar[float]
    half_length_m: ClassVar[float] = 0.0
    height_m: ClassVar[float]
    shapes: ClassVar[int] = 1
    opaque: ClassVar[bool] = False
    orderable: ClassVar[bool] = True
    hulls: ClassVar[Mapping[str, tuple[Point, ...]]] = {}

    colour: str = "red"
    count: Count = 1

    def __post_init__(self) -> None:
        check_colour(self.colour)

    def build(self, body: Any, shape: int) -> None:
        """Add the geoms of a shape to a body that stands on the ground at its origin."""
        raise NotImplementedError

    def shade(self, rng: Generator, colour: str) -> Rgb:
        """Return the colour of what was added with ``painted``."""
        return draw_colour(rng, colour)

    @classmethod
    def outline(cls, place: Place) -> tuple[Circle, ...]:
        """Return circles that cover it, seen from above."""
        if not cls.half_length_m:
            return ((place.x_m, place.y_m, cls.radius_m),)
        return row(place, cls.half_length_m, cls.radius_m)

    def attach(self, spec: mujoco.MjSpec, key: str) -> None:
        """Add as many as a flight may have, of all shapes in turn."""
        for name, points in self.hulls.items():
            if spec.mesh(name) is None:
                spec.add_mesh(name=name, uservert=[x for point in points for x in point])
        for i in range(self.count):
            self.build(add_body(spec, self.name_of(key, i)), i % self.shapes)

    def draw(self, rng: Generator, layout: Layout, key: str) -> tuple[Stood, ...]:
        """Draw the shades, and which of the bodies stands where."""
        kind = type(self).__module__.rpartition(".")[2]
        places = [p for name, p in layout.places.items() if (p.kind or name) in (key, kind)]
        if len(places) > self.count:
            raise ConfigError(
                f"scenery.{key}: expected at most {self.count} in a flight, found {len(places)}; "
                "set a higher count"
            )
        shades = [self.shade(rng, place.colour or self.colour) for place in places]
        bodies = range(1) if self.count == 1 else rng.permutation(self.count).tolist()
        return tuple(Stood(*stood) for stood in zip(bodies, places, shades, strict=False))

    def place(
        self, model: mujoco.MjModel, data: mujoco.MjData, key: str, drawn: tuple[Stood, ...]
    ) -> None:
        """Put those of this flight into their places, and the others out of sight."""
        for i in range(self.count):
            put(model, data, self.name_of(key, i), UNUSED_M)
        for stood in drawn:
            paint(model, self.name_of(key, stood.body), stood.rgb, group=PAINTED)
            self._put(model, data, key, stood, 0.0)

    def moves(self, drawn: tuple[Stood, ...]) -> bool:
        """Return whether any of them moves or hides."""
        return any(stood.place.changes for stood in drawn)

    def move(
        self,
        model: mujoco.MjModel,
        data: mujoco.MjData,
        key: str,
        drawn: tuple[Stood, ...],
        time_s: float,
    ) -> None:
        """Bring those that move or hide to where they are at a time of the flight."""
        for stood in drawn:
            if stood.place.changes:
                self._put(model, data, key, stood, time_s)

    def obstacles(self, drawn: tuple[Stood, ...]) -> tuple[Circle, ...]:
        """Return where they stand at the start."""
        return tuple(circle for stood in drawn for circle in self.outline(stood.place))

    def structure(self) -> Any:
        """Return the kind and how many there may be."""
        return type(self), self.count

    def name_of(self, key: str, i: int) -> str:
        """Return what the body of one is called."""
        return key if self.count == 1 else f"{key}_{i}"

    def _put(
        self, model: mujoco.MjModel, data: mujoco.MjData, key: str, stood: Stood, time_s: float
    ) -> None:
        name = self.name_of(key, stood.body)
        if stood.place.is_hidden(time_s):
            put(model, data, name, UNUSED_M)
        else:
            place = stood.place.at(time_s)
            put(model, data, name, (place.x_m, place.y_m), place.yaw_rad)


def painted(
    body: Any, kind: int, size: tuple[float, ...], pos: tuple[float, ...], **more: Any
) -> None:
    """Add a geom in the colour of the thing; size and place in metres, as in MJCF."""
    body.add_geom(type=kind, size=_three(size), pos=pos, group=PAINTED, **SOLID, **more)


def painted_hull(body: Any, name: str, **more: Any) -> None:
    """Add one of the ``hulls`` in the colour of the thing."""
    painted(body, HULL, (), (0, 0, 0), meshname=name, **more)


def plain(
    body: Any, kind: int, size: tuple[float, ...], pos: tuple[float, ...], rgb: Rgb, **more: Any
) -> None:
    """Add a geom in a colour of its own."""
    body.add_geom(type=kind, size=_three(size), pos=pos, rgba=[*rgb, 1.0], **SOLID, **more)


def plain_hull(body: Any, name: str, rgb: Rgb, **more: Any) -> None:
    """Add one of the ``hulls`` in a colour of its own."""
    plain(body, HULL, (), (0, 0, 0), rgb, meshname=name, **more)


def row(place: Place, half_length_m: float, radius_m: float, count: int = 0) -> tuple[Circle, ...]:
    """Return circles from end to end of something that is long across its heading.

    Args:
        place: of its middle.
        half_length_m: from there to the middle of the last circle on either side.
        radius_m: of each.
        count: of circles; by default so many that they cover 1.2 radii of thickness.
    """
    count = count or 1 + math.ceil(2 * half_length_m / (1.6 * radius_m))
    left = (-math.sin(place.yaw_rad), math.cos(place.yaw_rad))
    offsets = [half_length_m * (2 * i / (count - 1) - 1) for i in range(count)]
    return tuple((place.x_m + o * left[0], place.y_m + o * left[1], radius_m) for o in offsets)


def _three(size: tuple[float, ...]) -> list[float]:
    return [*size, 0.0, 0.0][:3]
