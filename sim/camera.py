"""The simulated RGB camera: when it takes a frame, how late it comes, what spoils it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco
import numpy as np
from mujoco.rendering.classic.gl_context import GLContext
from numpy.random import Generator

from liquid_control.contract import Image

HIDDEN = 3
"""The geom group that no camera draws."""


@dataclass(frozen=True)
class CameraSettings:
    """An observable: resolution, update interval, delay and random corruption."""

    width: int = 96
    height: int = 64
    horizontal_fov_deg: float = 80.0
    rate_hz: tuple[float, float] = (20.0, 20.0)
    jitter: float = 0.0
    delay_s: tuple[float, float] = (0.0, 0.02)
    dropout: float = 0.0
    noise: tuple[float, float] = (1.0, 5.0)
    tilt_deg: float = 2.0


class Camera:
    """Renders one camera of a model to RGB on a context of its own; close it after use."""

    def __init__(
        self, model: mujoco.MjModel, name: str, width: int, height: int, show_vehicle: bool = False
    ) -> None:
        self._model = model
        self._gl = GLContext(width, height)
        self._gl.make_current()
        self._context = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_50)
        mujoco.mjr_resizeOffscreen(width, height, self._context)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._context)
        self._rect = mujoco.MjrRect(0, 0, width, height)
        self._pixels = np.empty((height, width, 3), np.uint8)
        self._scene = mujoco.MjvScene(model, maxgeom=200)
        self._scene.flags[mujoco.mjtRndFlag.mjRND_SHADOW] = 0
        self._scene.flags[mujoco.mjtRndFlag.mjRND_REFLECTION] = 0
        self._option = mujoco.MjvOption()
        self._view = mujoco.MjvCamera()
        self._view.type = mujoco.mjtCamera.mjCAMERA_FIXED
        self._view.fixedcamid = model.camera(name).id
        self._option.geomgroup[1] = show_vehicle
        self._option.geomgroup[HIDDEN] = 0
        self._groups = model.geom_group.copy()
        self._cullable = model.geom_type != mujoco.mjtGeom.mjGEOM_PLANE
        self._aspect = width / height

    def render(self, data: mujoco.MjData) -> Image:
        """Return a new (height, width, 3) uint8 RGB image of the current state."""
        self._gl.make_current()
        self._cull(data)
        mujoco.mjv_updateScene(
            self._model,
            data,
            self._option,
            None,
            self._view,
            mujoco.mjtCatBit.mjCAT_ALL,
            self._scene,
        )
        self._model.geom_group[:] = self._groups
        mujoco.mjr_render(self._rect, self._scene, self._context)
        mujoco.mjr_readPixels(self._pixels, None, self._rect, self._context)
        return self._pixels[::-1].copy()

    def _cull(self, data: mujoco.MjData) -> None:
        """Hide what is behind the camera or beside its view: MuJoCo would draw it all."""
        camera = self._view.fixedcamid
        right, _, back = data.cam_xmat[camera].reshape(3, 3).T
        away = data.geom_xpos - data.cam_xpos[camera]
        half = math.atan(self._aspect * math.tan(math.radians(self._model.cam_fovy[camera]) / 2))
        outside = np.abs(away @ right) * math.cos(half) + (away @ back) * math.sin(half)
        hidden = self._cullable & (outside > self._model.geom_rbound)
        self._model.geom_group[:] = np.where(hidden, HIDDEN, self._groups)

    def close(self) -> None:
        """Free the graphics context."""
        self._gl.make_current()
        self._context.free()
        self._gl.free()


class FrameClock:
    """Draws when frames are taken, as whole physics ticks, from one episode's settings."""

    def __init__(self, settings: CameraSettings, rng: Generator, tick_s: float) -> None:
        self._rng = rng
        self._jitter, self._dropout = settings.jitter, settings.dropout
        self._interval = 1.0 / (math.exp(rng.uniform(*np.log(settings.rate_hz))) * tick_s)
        self._due = 0.0
        self.delay_ticks = round(rng.uniform(*settings.delay_s) / tick_s)

    def take(self, tick: int) -> bool:
        """Return whether a frame is taken and kept at this tick."""
        if tick < round(self._due):
            return False
        stretch = 1.0 + self._rng.uniform(-self._jitter, self._jitter)
        first = self._due == 0.0
        self._due += self._interval * stretch
        return first or self._rng.random() >= self._dropout


class SensorNoise:
    """Gaussian pixel noise at one standard deviation a flight, from a bank drawn once."""

    def __init__(self, settings: CameraSettings, rng: Generator) -> None:
        self._rng = rng
        size = settings.height * settings.width * 3
        std = rng.uniform(*settings.noise)
        self._bank = (std * rng.standard_normal(2 * size, np.float32)).round().astype(np.int16)

    def __call__(self, image: Image, frame: int) -> Image:
        """Return the image with noise added, clipped to 0..255."""
        start = int(self._rng.integers(0, self._bank.size - image.size))
        noise = self._bank[start : start + image.size].reshape(image.shape)
        return np.clip(image + noise, 0, 255).astype(np.uint8)
