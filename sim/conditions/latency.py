"""Images that arrive much later than in training."""

from __future__ import annotations

from liquid_control.contract import Range

from ..sensors.camera import Camera
from ..settings import WorldSettings
from . import Condition, change_parts


class Latency(Condition, frozen=True):
    """Images arrive 50 to 300 ms late, the same in all of a flight."""

    delay_s: Range = (0.05, 0.3)

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world with such cameras."""
        return change_parts(settings, "sensors", Camera, delay_s=self.delay_s)
