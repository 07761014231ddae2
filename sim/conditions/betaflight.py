"""Another autopilot than training had: a real one."""

from __future__ import annotations

import msgspec

from liquid_control.errors import ConfigError

from ..settings import WorldSettings
from ..simulators.betaflight import Betaflight as Simulator
from ..vehicles.quadrotor import Quadrotor
from . import Condition


class Betaflight(Condition, frozen=True):
    """Betaflight, as its SITL, holds the quadrotor's angles and rates."""

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world whose motors the firmware drives."""
        if not isinstance(settings.vehicle, Quadrotor):
            raise ConfigError(
                "the condition changes a quadrotor's autopilot, and this world has a "
                f"{type(settings.vehicle).__name__.lower()}; choose a flying task"
            )
        return msgspec.structs.replace(settings, simulator=Simulator())
