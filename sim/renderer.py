"""Pictures of a world, by one of its model's cameras; sensors, films and the viewer share it."""

from __future__ import annotations

import math
import weakref

import mujoco
import numpy as np
from mujoco.rendering.classic.gl_context import GLContext

from liquid_control.contract import Image
from liquid_control.errors import LiquidControlError

from .textures import Uploads

HIDDEN = 3
"""The geom group that no camera draws."""


class RenderError(LiquidControlError):
    """Nothing can be rendered with, as this machine is set up."""


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
        """Return a new (height, width, 3) uint8 RGB image of the current state."""
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
        self._freed()


def _free(gl: GLContext, context: mujoco.MjrContext) -> None:
    gl.make_current()
    context.free()
    gl.free()


def _context(model: mujoco.MjModel) -> mujoco.MjrContext:
    try:
        return mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_50)
    except mujoco.FatalError as error:
        raise RenderError(
            f"MuJoCo expected a way to render off screen, and found none ({error}); "
            "set MUJOCO_GL=egl, or import liquid_control_sim before mujoco"
        ) from None
