"""Frames that arrive black."""

from __future__ import annotations

from liquid_control.contract import Count

from ..sensors.camera import Blackout as Blackouts
from ..sensors.camera import Camera
from ..settings import WorldSettings
from . import Condition, change_parts


class Blackout(Condition, frozen=True):
    """Some frames of every period are black."""

    black_frames: tuple[int, int] = (10, 10)
    period_frames: Count = 24

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world with such cameras."""
        blackout = Blackouts(1.0, self.black_frames, self.period_frames)
        return change_parts(settings, "sensors", Camera, blackout=blackout)
