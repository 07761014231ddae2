"""A thing of one's own: whatever an MJCF file describes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mujoco
from numpy.random import Generator

from liquid_control.contract import Range
from liquid_control.errors import ConfigError

from ..component import FilePath
from ..layout import Layout, Place
from ..renderer import HIDDEN
from . import Scenery
from ._bodies import SOLID, UNUSED_M, add_body, put

MOVING = ("keys", "sensors", "actuators", "tendons", "equalities", "pairs", "excludes", "joints")
SEEING = ("lights", "cameras")


@dataclass(frozen=True)
class ObjectDrawn:
    """Where the object stands; None where this flight has none."""

    place: Place | None


class Object(Scenery, frozen=True):
    """A model of a file as one rigid thing.

    It stands where the layout puts what has its key, such as the target of ``fly_to_target``;
    else where its own ranges say; and without those it is left away.

    Attributes:
        mjcf: the file. Its joints, motors, lights and cameras are left away; geoms of groups
            above 2 are not drawn.
        solid: whether it can be touched, by those of its geoms that touch anything in the file.
        x_m: east, in a flight whose task does not place it.
        y_m: north, likewise.
        yaw_rad: likewise.
        z_m: height of the model's origin above the ground.
    """

    mjcf: FilePath
    solid: bool = True
    x_m: Range | None = None
    y_m: Range | None = None
    yaw_rad: Range = (-math.pi, math.pi)
    z_m: float = 0.0

    def __post_init__(self) -> None:
        if not Path(self.mjcf).is_file():
            raise ValueError(f"expected an MJCF file, {self.mjcf} is not there; check the path")
        if (self.x_m is None) != (self.y_m is None):
            raise ValueError("expected both x_m and y_m, or neither, found one; add the other")

    def attach(self, spec: mujoco.MjSpec, key: str) -> None:
        """Add all of the file below one body.

        Raises:
            ConfigError: the file cannot be used.
        """
        thing = _read(self.mjcf, f"scenery.{key}")
        for geom in thing.geoms:
            touches = self.solid and (geom.contype or geom.conaffinity)
            geom.contype, geom.conaffinity = SOLID.values() if touches else (0, 0)
            geom.group = HIDDEN if geom.group >= HIDDEN else 0
        spec.attach(thing, frame=add_body(spec, key).add_frame(), prefix=f"{key}/")

    def draw(self, rng: Generator, layout: Layout, key: str) -> ObjectDrawn:
        """Draw where it stands, unless the layout says."""
        place = layout.places.get(key)
        if place is None and self.x_m is not None and self.y_m is not None:
            ranges = self.x_m, self.y_m, self.yaw_rad
            x, y, yaw = (float(rng.uniform(*limits)) for limits in ranges)
            place = Place(x, y, yaw)
        return ObjectDrawn(place)

    def place(
        self, model: mujoco.MjModel, data: mujoco.MjData, key: str, drawn: ObjectDrawn
    ) -> None:
        """Put it there, or out of sight."""
        if drawn.place is None:
            put(model, data, key, UNUSED_M)
        else:
            at = drawn.place
            put(model, data, key, (at.x_m, at.y_m, self.z_m), at.yaw_rad)

    def structure(self) -> Any:
        """Return the file and whether it can be touched."""
        return self.mjcf, self.solid


def _read(mjcf: str, where: str) -> mujoco.MjSpec:
    """Return the model of a file without what moves, lights and looks, checked to compile."""
    try:
        spec = mujoco.MjSpec.from_file(mjcf)
        for kind in (*MOVING, *SEEING):
            for element in list(getattr(spec, kind)):
                spec.delete(element)
        for texture in list(spec.textures):
            if texture.type == mujoco.mjtTexture.mjTEXTURE_SKYBOX:
                spec.delete(texture)
        drawn = spec.copy().compile().ngeom
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{where}: {mjcf} cannot be used: {reason}; mend the file") from None
    if not drawn:
        raise ConfigError(f"{where}: {mjcf}: expected geoms to draw, found none; add one")
    return spec
