"""Flights that start high above the ground."""

from __future__ import annotations

from liquid_control.contract import Range

from ..settings import WorldSettings
from . import Condition, change_part


class High(Condition, frozen=True):
    """The flight starts at a height of 4 to 8 m."""

    start_height_m: Range = (4.0, 8.0)

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world with such a start."""
        return change_part(settings, "task", start_height_m=self.start_height_m)
