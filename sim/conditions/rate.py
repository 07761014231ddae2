"""A fixed camera rate."""

from __future__ import annotations

from liquid_control.contract import Positive

from ..sensors.camera import Camera
from ..settings import WorldSettings
from . import Condition, change_parts


class Rate(Condition, frozen=True):
    """Frames come at one fixed rate."""

    rate_hz: Positive = 10.0

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world with such cameras."""
        return change_parts(settings, "sensors", Camera, rate_hz=(self.rate_hz, self.rate_hz))
