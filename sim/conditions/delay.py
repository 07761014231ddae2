"""Images that arrive later than in training."""

from __future__ import annotations

from liquid_control.contract import Range

from ..sensors.camera import Camera
from ..settings import WorldSettings
from . import Condition, change_parts


class Delay(Condition, frozen=True):
    """Images arrive about a tenth of a second late."""

    delay_s: Range = (0.08, 0.12)

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world with such cameras."""
        return change_parts(settings, "sensors", Camera, delay_s=self.delay_s)
