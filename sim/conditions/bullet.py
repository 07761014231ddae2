"""Another simulator than training had."""

from __future__ import annotations

from ..settings import WorldSettings
from ..simulators.bullet import Bullet as Simulator
from . import Condition
from ._simulated import simulated


class Bullet(Condition, frozen=True):
    """Another simulator, pybullet, moves the quadrotor and draws what it sees."""

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world in the other simulator."""
        return simulated(settings, Simulator(), "simulator")
