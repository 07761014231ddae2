"""More wind than training had."""

from __future__ import annotations

import msgspec

from liquid_control.contract import NotNegative, Range

from ..settings import WorldSettings
from . import Condition


class Wind(Condition, frozen=True):
    """There is twice the wind of training, with stronger gusts."""

    mean_m_s: Range = (5.0, 8.0)
    gust_m_s: NotNegative = 1.0

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world in such wind."""
        wind = msgspec.structs.replace(
            settings.wind, mean_m_s=self.mean_m_s, gust_m_s=self.gust_m_s
        )
        return msgspec.structs.replace(settings, wind=wind)
