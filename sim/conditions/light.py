"""Less light than training had."""

from __future__ import annotations

from liquid_control.contract import Range

from ..scenery.light import Light as Sun
from ..settings import WorldSettings
from . import Condition, change_parts


class Light(Condition, frozen=True):
    """There is about half the light of a clear day."""

    brightness: Range = (0.4, 0.6)

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world in such light."""
        return change_parts(settings, "scenery", Sun, brightness=self.brightness)
