"""Noisier images than training had."""

from __future__ import annotations

from liquid_control.contract import Range

from ..sensors.camera import Camera
from ..settings import WorldSettings
from . import Condition, change_parts


class Noise(Condition, frozen=True):
    """The images have three times the noise of training."""

    noise: Range = (12.0, 16.0)

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world with such cameras."""
        return change_parts(settings, "sensors", Camera, noise=self.noise)
