"""pybullet: bodies, contacts, pictures and an autopilot that training never saw."""

from __future__ import annotations

import mujoco

from liquid_control.errors import ConfigError

from ...vehicles import Body, Vehicle
from ...vehicles.quadrotor import Quadrotor
from .. import Simulator
from .quadrotor import BulletQuadrotor


class Bullet(Simulator, frozen=True):
    """pybullet moves and draws a quadrotor, and an autopilot of its own flies it."""

    def open(self, vehicle: Vehicle, model: mujoco.MjModel, data: mujoco.MjData) -> Body:
        """Return the quadrotor in pybullet.

        Raises:
            ConfigError: it is no quadrotor, pybullet is not installed, or cannot build what is
                in the model.
        """
        if not isinstance(vehicle, Quadrotor):
            raise ConfigError(
                f"the simulator bullet expected a quadrotor, found a "
                f"{type(vehicle).__name__.lower()}; choose a flying task"
            )
        return BulletQuadrotor(model, data)
