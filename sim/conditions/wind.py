"""More wind than training had."""

from __future__ import annotations

from liquid_control.contract import NotNegative, Range

from ..settings import WorldSettings
from . import Condition, change_part


class Wind(Condition, frozen=True):
    """There is twice the wind of training, with stronger gusts."""

    mean_m_s: Range = (5.0, 8.0)
    gust_m_s: NotNegative = 1.0

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world in such wind."""
        return change_part(settings, "wind", mean_m_s=self.mean_m_s, gust_m_s=self.gust_m_s)
