"""Haze: what is far away fades into the colour of the sky at its horizon."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.random import Generator

from liquid_control.contract import Range, Share

from ..layout import Layout
from . import Scenery
from ._bodies import Rgb
from ._faces import Floats, angles

HORIZON_RAD = 0.1
"""How far above and below its horizon the sky gives the haze its colour."""
DARKEST = np.float32(0.12)
NO_SKY = np.full(3, 0.7, np.float32)
CLEAR_M = 3.0
"""Where MuJoCo's haze would begin in a model without any: the renderer takes it for none."""


@dataclass(frozen=True)
class HazeDrawn:
    """How far one sees in a flight, None for a clear one, and the tint of its haze."""

    visibility_m: float | None
    tint: Rgb


class Haze(Scenery, frozen=True):
    """Haze in some flights; it takes its colour from the sky, which has to stand before it.

    Attributes:
        visibility_m: where a twentieth of a contrast is left, drawn log-uniformly.
        tint: share by which red, green and blue may each differ from the sky.
        share: of the flights that have haze.
    """

    visibility_m: Range = (40.0, 300.0)
    tint: Share = 0.05
    share: Share = 0.5

    def __post_init__(self) -> None:
        low, high = self.visibility_m
        if not 0 < low <= high:
            raise ValueError(
                f"expected visibility_m above 0 from low to high, found {list(self.visibility_m)}"
            )

    def attach(self, spec: mujoco.MjSpec, key: str) -> None:
        """Add nothing: it is in the settings of the picture."""

    def draw(self, rng: Generator, layout: Layout, key: str) -> HazeDrawn:
        """Draw whether there is haze, how far one sees, and its tint."""
        hazy = rng.random() < self.share
        visibility_m = float(np.exp(rng.uniform(*np.log(self.visibility_m))))
        red, green, blue = rng.uniform(1 - self.tint, 1 + self.tint, 3).tolist()
        return HazeDrawn(visibility_m if hazy else None, (red, green, blue))

    def place(
        self, model: mujoco.MjModel, data: mujoco.MjData, key: str, drawn: HazeDrawn
    ) -> None:
        """Let things fade, or not."""
        seen = model.vis
        seen.map.fogstart = CLEAR_M if drawn.visibility_m is None else 0.0
        if drawn.visibility_m is not None:
            seen.map.fogend = drawn.visibility_m
            seen.rgba.fog[:3] = np.clip(_horizon(model) * drawn.tint, 0, 1)


def _horizon(model: mujoco.MjModel) -> Floats:
    """Return the colour of the sky at its horizon, half-way to grey and never black: (3,)."""
    skies = np.flatnonzero(model.tex_type == mujoco.mjtTexture.mjTEXTURE_SKYBOX)
    if not skies.size:
        return NO_SKY
    side, first = int(model.tex_width[skies[0]]), int(model.tex_adr[skies[0]])
    faces = model.tex_data[first : first + 18 * side * side].reshape(6, side, side, 3)
    mean = faces[np.abs(angles(side)[1]) < HORIZON_RAD].mean(axis=0, dtype=np.float32) / 255
    return np.maximum((mean + mean.mean()) / 2, DARKEST)
