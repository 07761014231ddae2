"""Another autopilot than training had: a real one."""

from __future__ import annotations

from ..settings import WorldSettings
from ..simulators.betaflight import Betaflight as Simulator
from . import Condition
from ._simulated import simulated


class Betaflight(Condition, frozen=True):
    """Betaflight, as its SITL, holds the quadrotor's angles and rates."""

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world whose motors the firmware drives."""
        return simulated(settings, Simulator(), "autopilot")
