"""Something covers parts of the picture."""

from __future__ import annotations

import msgspec

from liquid_control.contract import Positive, Range

from ..sensors.camera import Camera
from ..sensors.covered import CoveredCamera
from ..settings import WorldSettings
from . import Condition, change_parts


class Occlusion(Condition, frozen=True):
    """Black patches cover parts of the picture, each second others."""

    patches: tuple[int, int] = (1, 3)
    size: Range = (0.2, 0.5)
    moves_s: Positive = 1.0

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world with such cameras."""
        settings = change_parts(settings, "sensors", Camera)  # it has to have one
        how = {"patches": self.patches, "size": self.size, "moves_s": self.moves_s}
        sensors = {
            key: CoveredCamera(**{**msgspec.structs.asdict(part), **how})
            if isinstance(part, Camera)
            else part
            for key, part in settings.sensors.items()
        }
        return msgspec.structs.replace(settings, sensors=sensors)
