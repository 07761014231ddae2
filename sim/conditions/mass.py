"""A vehicle that is lighter or heavier than its controller knows."""

from __future__ import annotations

from liquid_control.contract import Range

from ..settings import WorldSettings
from . import Condition, change_part


class Mass(Condition, frozen=True):
    """The vehicle weighs up to 30 % less or more than its controller knows."""

    mass: Range = (0.7, 1.3)

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world with such a vehicle."""
        return change_part(settings, "vehicle", mass=self.mass)
