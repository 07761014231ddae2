"""Frames at an uneven rate, some of them lost."""

from __future__ import annotations

from liquid_control.contract import Range, Share

from ..sensors.camera import Camera
from ..settings import WorldSettings
from . import Condition, change_parts


class Jitter(Condition, frozen=True):
    """Frames come at any rate between two, at uneven intervals, and some are lost."""

    rate_hz: Range = (10.0, 40.0)
    jitter: Share = 0.4
    dropout: Share = 0.05

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world with such cameras."""
        return change_parts(
            settings,
            "sensors",
            Camera,
            rate_hz=self.rate_hz,
            jitter=self.jitter,
            dropout=self.dropout,
        )
