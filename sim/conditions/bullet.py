"""Another simulator than training had."""

from __future__ import annotations

import msgspec

from liquid_control.errors import ConfigError

from ..settings import WorldSettings
from ..simulators.bullet import Bullet as Simulator
from ..vehicles.quadrotor import Quadrotor
from . import Condition


class Bullet(Condition, frozen=True):
    """Another simulator, pybullet, moves the quadrotor and draws what it sees."""

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world in the other simulator."""
        if not isinstance(settings.vehicle, Quadrotor):
            raise ConfigError(
                "the condition changes a quadrotor's simulator, and this world has a "
                f"{type(settings.vehicle).__name__.lower()}; choose a flying task"
            )
        return msgspec.structs.replace(settings, simulator=Simulator())
