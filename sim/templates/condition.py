"""A condition of one's own.

liquid-control evaluate MODEL --perturb my_condition.py:MyCondition
"""

from __future__ import annotations

from liquid_control_sim.conditions import Condition, change_parts
from liquid_control_sim.scenery.light import Light
from liquid_control_sim.sensors.camera import Camera
from liquid_control_sim.settings import WorldSettings

from liquid_control.contract import Range


class MyCondition(Condition, frozen=True):
    """Dusk: little light from a low sun, and a camera that is noisy in it.

    The fields are its strength; change what training has not seen, and leave the rest.
    """

    brightness: Range = (0.3, 0.5)
    elevation_rad: Range = (0.1, 0.3)
    noise: Range = (6.0, 10.0)

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world under this condition."""
        light = {"brightness": self.brightness, "elevation_rad": self.elevation_rad}
        settings = change_parts(settings, "scenery", Light, **light)
        return change_parts(settings, "sensors", Camera, noise=self.noise)
