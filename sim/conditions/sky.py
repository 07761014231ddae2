"""Skies that training never saw."""

from __future__ import annotations

from ..scenery.sky import Colour
from ..scenery.sky import Sky as Heaven
from ..settings import WorldSettings
from . import Condition, change_parts


class Sky(Condition, frozen=True):
    """The sky is pink above and turquoise at the horizon, as no training had it."""

    zenith: Colour = ((0.92, 1.0), (0.3, 0.7), (0.5, 0.9))
    horizon: Colour = ((0.0, 0.08), (0.5, 0.9), (0.4, 0.8))

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world under such a sky."""
        return change_parts(
            settings,
            "scenery",
            Heaven,
            zenith=self.zenith,
            horizon=self.horizon,
            looks=("gradient",),
            panoramas=None,
        )
