"""Pictures of a world, by one of its model's cameras; sensors, films and the viewer share it."""

from __future__ import annotations

import math
import weakref
from typing import Protocol

import mujoco
import numpy as np
from mujoco.rendering.classic.gl_context import GLContext
from numpy.typing import NDArray

from liquid_control.contract import Image
from liquid_control.errors import LiquidControlError

from .textures import Uploads

HIDDEN = 3
"""The geom group that no camera draws."""
BURIED_M = -10.0
"""What lies lower is not part of the flight."""


class RenderError(LiquidControlError):
    """Nothing can be rendered with, as this machine is set up."""


class Painter(Protocol):
    """Whatever draws the pictures of one camera of a model."""

    def render(self, data: mujoco.MjData) -> Image:
        """Return a new (height, width, 3) uint8 RGB image of the current state."""

    def close(self) -> None:
        """Free what it holds."""


class Renderer:
    """Renders one camera of a model to RGB on a context of its own; close it after use.

    Args:
        model: the compiled world.
        name: of the camera.
        width: of the pictures.
        height: of the pictures.
        show_vehicle: whether the vehicle's visual geoms (group 1) are drawn.

    Raises:
        RenderError: there is nothing to render with.
    """

    def __init__(
        self, model: mujoco.MjModel, name: str, width: int, height: int, show_vehicle: bool = False
    ) -> None:
        self._model = model
        self._gl = GLContext(width, height)
        self._gl.make_current()
        self._context = _context(model)
        self._uploads = Uploads(model)
        mujoco.mjr_resizeOffscreen(width, height, self._context)
        mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN, self._context)
        self._rect = mujoco.MjrRect(0, 0, width, height)
        self._pixels = np.empty((height, width, 3), np.uint8)
        self._depth = np.empty((height, width), np.float32)
        self._scene = mujoco.MjvScene(model, maxgeom=model.ngeom + 100)
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
        # One that is dropped without being closed would free its objects in whichever context
        # is then current, and spoil another's pictures.
        self._freed = weakref.finalize(self, _free, self._gl, self._context)
        self._freed.atexit = False  # the driver may be gone by then

    def render(self, data: mujoco.MjData) -> Image:
        """Return a new (height, width, 3) uint8 RGB image of the current state.

        In a model whose fog begins at the camera, what is seen fades with its distance. MuJoCo's
        own fog, which keeps the range that it had when its context was made, is never drawn.
        """
        hazy = self._model.vis.map.fogstart == 0.0
        image = self._shoot(data, self._depth if hazy else None)
        return faded(image, self._depth[::-1], self._model) if hazy else image

    def _shoot(self, data: mujoco.MjData, depth: NDArray[np.float32] | None) -> Image:
        """Return a new image as it is drawn; fill in the depth, its lowest row first."""
        self._gl.make_current()
        for texture in self._uploads.due():
            mujoco.mjr_uploadTexture(self._model, self._context, texture)
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
        mujoco.mjr_readPixels(self._pixels, depth, self._rect, self._context)
        return self._pixels[::-1].copy()

    def _cull(self, data: mujoco.MjData) -> None:
        """Hide what is behind the camera or beside its view: MuJoCo would draw it all."""
        camera = self._view.fixedcamid
        right, _, back = data.cam_xmat[camera].reshape(3, 3).T
        away = data.geom_xpos - data.cam_xpos[camera]
        half = math.atan(self._aspect * math.tan(math.radians(self._model.cam_fovy[camera]) / 2))
        outside = np.abs(away @ right) * math.cos(half) + (away @ back) * math.sin(half)
        away_or_unused = (outside > self._model.geom_rbound) | (data.geom_xpos[:, 2] < BURIED_M)
        hidden = self._cullable & away_or_unused
        self._model.geom_group[:] = np.where(hidden, HIDDEN, self._groups)

    def close(self) -> None:
        """Free the graphics context."""
        self._freed()


def _free(gl: GLContext, context: mujoco.MjrContext) -> None:
    gl.make_current()
    context.free()
    gl.free()


def faded(image: Image, depth: NDArray[np.float32], model: mujoco.MjModel) -> Image:
    """Return the image with the colour of the haze; the sky is about 50 m away, as it is drawn.

    Args:
        image: (height, width, 3) uint8.
        depth: (height, width), 0 at the nearest to 1 at the furthest that is drawn.
        model: whose fog hides all but a twentieth at its end.
    """
    seen = model.vis
    near, far = (z * model.stat.extent for z in (seen.map.znear, seen.map.zfar))
    distance_m = near / (1 - depth * np.float32(1 - near / far))
    clear = np.exp(distance_m * np.float32(math.log(0.05) / seen.map.fogend))
    # Flat, one value a channel: a last axis of three would take five times as long.
    haze = np.tile(255 * seen.rgba.fog[:3], clear.size)
    mixed = image.reshape(-1) - haze
    mixed *= np.repeat(clear.reshape(-1), 3)
    mixed += haze
    return mixed.astype(np.uint8).reshape(image.shape)


def _context(model: mujoco.MjModel) -> mujoco.MjrContext:
    try:
        return mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_50)
    except mujoco.FatalError as error:
        raise RenderError(
            f"MuJoCo expected a way to render off screen, and found none ({error}); "
            "set MUJOCO_GL=egl, or import liquid_control_sim before mujoco"
        ) from None
