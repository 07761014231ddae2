"""The scenery of a compiled model, built anew in pybullet wherever MuJoCo's data put it."""

from __future__ import annotations

from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from ...renderer import BURIED_M, HIDDEN
from .engine import Engine
from .shapes import Shapes

OWN_GROUP = 1
"""The geom group that cameras leave out: what a vehicle shows of itself to others."""


class Stage:
    """Everything of a compiled model but the vehicle.

    Args:
        model: the compiled world.
        root: the vehicle's outermost body.

    Attributes:
        engine: in which it stands.
        shapes: of the model's geoms.
        vehicle: the geoms with which the vehicle touches others.
    """

    def __init__(self, model: mujoco.MjModel, root: int) -> None:
        self.engine = Engine()
        self.shapes = Shapes(self.engine, model)
        self._model = model
        own = model.body_rootid[model.geom_bodyid] == root
        self._seen = (model.geom_group < HIDDEN) & (model.geom_group != OWN_GROUP)
        self._solid = (model.geom_contype | model.geom_conaffinity) != 0
        self.vehicle = np.flatnonzero(own & self._solid)
        self._geoms = np.flatnonzero(~own & (self._seen | self._solid))
        self._bodies: dict[int, int] = {}
        self._built: dict[int, int] = {}

    def build(self, data: mujoco.MjData, step_s: float) -> None:
        """Build in an empty world what this flight has; ``data`` know where its geoms are."""
        engine = self.engine
        engine.resetSimulation()
        self.shapes.begin()
        engine.setGravity(*self._model.opt.gravity.tolist())
        engine.setTimeStep(step_s)
        self._bodies.clear()
        self._built.clear()
        self._placed = np.full((len(self._geoms), 12), np.nan)
        self._mocap = np.empty(0)
        self.follow(data)

    def follow(self, data: mujoco.MjData) -> None:
        """Bring what has moved to where ``data`` has it."""
        mocap = np.hstack([data.mocap_pos, data.mocap_quat])
        if np.array_equal(mocap, self._mocap):
            return
        self._mocap = mocap
        geoms = self._geoms
        places = np.hstack([data.geom_xpos[geoms], data.geom_xmat[geoms]])
        for i in np.flatnonzero((places != self._placed).any(1)):
            geom, place = int(geoms[i]), places[i]
            if geom in self._bodies:
                at = place[:3].tolist(), quaternion(place[3:])
                self.engine.resetBasePositionAndOrientation(self._bodies[geom], *at)
            elif place[2] > BURIED_M:
                self._add(geom, place)
        self._placed = places

    def name(self, body: int) -> str:
        """Return what a body of pybullet is called; a geom of no moving body by its own name."""
        geom = self._built[body]
        root = int(self._model.body_rootid[self._model.geom_bodyid[geom]])
        return self._model.body(root).name if root else self._model.geom(geom).name

    def _add(self, geom: int, place: NDArray[Any]) -> None:
        shapes = self.shapes
        seen = self._seen[geom] and self._model.geom_rgba[geom, 3] > 0.0
        body = self.engine.createMultiBody(
            baseMass=0.0,
            baseCollisionShapeIndex=shapes.solid(geom) if self._solid[geom] else -1,
            baseVisualShapeIndex=shapes.visual(geom) if seen else -1,
            basePosition=place[:3].tolist(),
            baseOrientation=quaternion(place[3:]),
        )
        if seen:
            shapes.dress(body, geom)
        self._bodies[geom], self._built[body] = body, geom


def quaternion(matrix: NDArray[Any]) -> list[float]:
    """Return the quaternion (x, y, z, w) of a rotation matrix of nine values."""
    found = np.empty(4)
    mujoco.mju_mat2Quat(found, matrix)
    return np.roll(found, -1).tolist()
