"""Air that is more restless than training had it."""

from __future__ import annotations

from liquid_control.contract import NotNegative

from ..settings import WorldSettings
from . import Condition, change_part


class Gusts(Condition, frozen=True):
    """The gusts are four times as strong as in training."""

    gust_m_s: NotNegative = 2.0

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world in such air."""
        return change_part(settings, "wind", gust_m_s=self.gust_m_s)
