"""Another lens than that of training."""

from __future__ import annotations

from liquid_control.contract import Range, Share

from ..sensors.camera import Camera
from ..sensors.lens import Lens as Glass
from ..settings import WorldSettings
from . import Condition, change_parts


class Lens(Condition, frozen=True):
    """The lens sees 60 to 110 degrees, is out of focus and dark at its edge, and tints."""

    fov_deg: Range = (60.0, 110.0)
    white_balance: Share = 0.25
    exposure: Range = (0.7, 1.4)
    vignette: Range = (0.4, 0.6)
    blur_pixels: Range = (0.7, 0.8)

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world with such cameras."""
        glass = Glass(
            share=1.0,
            white_balance=self.white_balance,
            exposure=self.exposure,
            vignette=self.vignette,
            blur_pixels=self.blur_pixels,
        )
        return change_parts(settings, "sensors", Camera, lens_fov_deg=self.fov_deg, lens=glass)
