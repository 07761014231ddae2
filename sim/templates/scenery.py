"""Scenery of one's own: crates around the flight.

In a training YAML: world: {scenery: {crates: {name: "my_scenery.py:MyScenery"}}}
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco
from liquid_control_sim.layout import Layout
from liquid_control_sim.scenery import Scenery
from numpy.random import Generator

from liquid_control.contract import Range

MOST = 6


@dataclass(frozen=True)
class MySceneryDrawn:
    """The crates of one flight: x, y and yaw of each."""

    places: tuple[tuple[float, float, float], ...]
    grey: float


class MyScenery(Scenery, frozen=True):
    """Crates that stand around, beyond the flight.

    Attributes:
        count: fewest and most in a flight.
        beyond_m: how far beyond the flight they stand.
    """

    count: tuple[int, int] = (2, MOST)
    beyond_m: Range = (1.0, 6.0)

    def attach(self, spec: mujoco.MjSpec, key: str) -> None:
        """Add as many as a flight may have; contype 2, conaffinity 1: vehicles can touch them."""
        box, size = mujoco.mjtGeom.mjGEOM_BOX, [0.4, 0.3, 0.3]
        for i in range(MOST):
            crate = spec.worldbody.add_body(name=f"{key}_{i}", mocap=True)
            crate.add_geom(type=box, size=size, pos=[0, 0, 0.3], contype=2, conaffinity=1)

    def draw(self, rng: Generator, layout: Layout, key: str) -> MySceneryDrawn:
        """Draw one flight's crates; from ``rng`` alone."""
        places = []
        for _ in range(min(MOST, int(rng.integers(*self.count, endpoint=True)))):
            radius_m = layout.extent_m + rng.uniform(*self.beyond_m)
            direction, yaw = rng.uniform(-math.pi, math.pi, 2).tolist()
            x_m, y_m = radius_m * math.cos(direction), radius_m * math.sin(direction)
            places.append((x_m, y_m, yaw))
        return MySceneryDrawn(tuple(places), rng.uniform(0.2, 0.6))

    def place(
        self, model: mujoco.MjModel, data: mujoco.MjData, key: str, drawn: MySceneryDrawn
    ) -> None:
        """Put the crates of this flight into their places, and the others out of sight."""
        for i in range(MOST):
            body = model.body(f"{key}_{i}")
            here = i < len(drawn.places)
            x_m, y_m, yaw = drawn.places[i] if here else (0.0, 0.0, 0.0)
            mocap = body.mocapid[0]
            data.mocap_pos[mocap] = (x_m, y_m, 0.0 if here else -50.0)
            data.mocap_quat[mocap] = (math.cos(yaw / 2), 0.0, 0.0, math.sin(yaw / 2))
            model.geom_rgba[body.geomadr[0], :3] = drawn.grey

    def obstacles(self, drawn: MySceneryDrawn) -> tuple[tuple[float, float, float], ...]:
        """Return (x, y, radius) in metres of each, for the map of a flight."""
        return tuple((x_m, y_m, 0.5) for x_m, y_m, _ in drawn.places)
