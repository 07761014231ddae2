"""MuJoCo: the simulator that policies are trained in."""

from __future__ import annotations

import mujoco

from ..vehicles import Body, Vehicle
from . import Simulator


class Mujoco(Simulator, frozen=True):
    """MuJoCo moves and draws the model that it has compiled."""

    def open(self, vehicle: Vehicle, model: mujoco.MjModel, data: mujoco.MjData) -> Body:
        """Return the vehicle as its own file has it."""
        return vehicle.open(model, data)
