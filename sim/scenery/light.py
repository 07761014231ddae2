"""The light of the sun: its height, its direction, its strength and its tint."""

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco
from numpy.random import Generator

from liquid_control.contract import Range

from ..layout import Layout
from . import Scenery
from ._bodies import Rgb


@dataclass(frozen=True)
class LightDrawn:
    """Where the light of a flight comes from, and its colours."""

    direction: Rgb
    diffuse: Rgb
    ambient: float


class Light(Scenery, frozen=True):
    """A sun without shadows.

    Attributes:
        brightness: strength; 1 is a clear day.
        elevation_rad: height over the horizon.
        tint: share by which each of red, green and blue may differ.
        ambient: share of the brightness that comes from everywhere.
    """

    brightness: Range = (0.75, 1.15)
    elevation_rad: Range = (0.5, 1.4)
    tint: float = 0.06
    ambient: Range = (0.35, 0.5)

    def attach(self, spec: mujoco.MjSpec, key: str) -> None:
        """Add the light."""
        kind = mujoco.mjtLightType.mjLIGHT_DIRECTIONAL
        spec.worldbody.add_light(name=key, type=kind, pos=[0, 0, 20], castshadow=False)

    def draw(self, rng: Generator, layout: Layout, key: str) -> LightDrawn:
        """Draw strength, direction and tint."""
        light = rng.uniform(*self.brightness)
        elevation, azimuth = rng.uniform(*self.elevation_rad), rng.uniform(-math.pi, math.pi)
        across = math.cos(elevation)
        red, green, blue = (light * 0.6 * (1 + rng.uniform(-self.tint, self.tint, 3))).tolist()
        return LightDrawn(
            (across * math.cos(azimuth), across * math.sin(azimuth), -math.sin(elevation)),
            (red, green, blue),
            light * rng.uniform(*self.ambient),
        )

    def place(
        self, model: mujoco.MjModel, data: mujoco.MjData, key: str, drawn: LightDrawn
    ) -> None:
        """Set the light."""
        light = model.light(key).id
        model.light_dir[light] = drawn.direction
        model.light_diffuse[light] = drawn.diffuse
        model.light_ambient[light] = drawn.ambient
        model.light_specular[light] = 0.0
