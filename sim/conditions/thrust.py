"""Motors that are weaker or stronger than the controller knows."""

from __future__ import annotations

from liquid_control.contract import Range

from ..settings import WorldSettings
from . import Condition, change_part


class Thrust(Condition, frozen=True):
    """The motors give up to 30 % less or more than is asked of them."""

    thrust: Range = (0.7, 1.3)

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world with such motors."""
        return change_part(settings, "vehicle", thrust=self.thrust)
