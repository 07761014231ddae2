"""From the colour of the zenith to that of the horizon, as MuJoCo paints it."""

from __future__ import annotations

from functools import lru_cache

import mujoco
from numpy.random import Generator

from liquid_control.contract import Image

from .._faces import PIXELS
from . import Rgb, SkyLook


class Gradient(SkyLook):
    """The two colours of the flight, and nothing else."""

    def paint(self, rng: Generator, zenith: Rgb, horizon: Rgb) -> Image:
        """Return the gradient."""
        return gradient(zenith, horizon)


@lru_cache
def gradient(zenith: Rgb, horizon: Rgb) -> Image:
    """Return MuJoCo's gradient on six faces, (6, 64, 64, 3) uint8."""
    spec = mujoco.MjSpec()
    spec.add_texture(
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
        rgb1=list(zenith),
        rgb2=list(horizon),
        width=PIXELS,
        height=PIXELS,
    )
    return spec.compile().tex_data.reshape(6, PIXELS, PIXELS, 3).copy()
