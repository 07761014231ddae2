"""Pictures by pybullet's own renderer, TinyRenderer, under MuJoCo's sky and light."""

from __future__ import annotations

import math
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from liquid_control.contract import Image

from ...renderer import faded
from ...scenery._faces import FACES
from .stage import Stage

SUN_M, SKY_M = 100.0, 50.0


class BulletCamera:
    """Renders one camera of a compiled model as pybullet sees the stage."""

    def __init__(
        self, stage: Stage, model: mujoco.MjModel, name: str, width: int, height: int
    ) -> None:
        self._engine, self._model = stage.engine, model
        self._camera = model.camera(name).id
        self._width, self._height = width, height

    def render(self, data: mujoco.MjData) -> Image:
        """Return a new (height, width, 3) uint8 RGB image of the current state."""
        engine, model, camera = self._engine, self._model, self._camera
        place, turn = data.cam_xpos[camera], data.cam_xmat[camera].reshape(3, 3)
        fovy_deg, reach = float(model.cam_fovy[camera]), float(model.stat.extent)
        view = np.eye(4)
        view[:3, :3], view[:3, 3] = turn.T, -turn.T @ place
        near, far = reach * model.vis.map.znear, reach * model.vis.map.zfar
        wide, high = self._width, self._height
        lens = list(engine.computeProjectionMatrixFOV(fovy_deg, wide / high, near, far))
        lens[8] += 1 / wide  # TinyRenderer looks through a corner of each pixel
        lens[9] += 1 / high
        _, _, pixels, depth, bodies = engine.getCameraImage(
            wide,
            high,
            view.T.ravel().tolist(),
            lens,
            shadow=0,
            renderer=engine.ER_TINY_RENDERER,
            **light(model),
        )
        image = np.array(pixels, np.uint8).reshape(high, wide, 4)[..., :3].copy()
        empty = np.reshape(bodies, (high, wide)) < 0
        image[empty] = sky(model, self._rays(fovy_deg)[empty] @ turn.T)
        if model.vis.map.fogstart != 0.0:
            return image
        distance = np.array(depth, np.float32).reshape(high, wide)
        distance[empty] = (1 - near / SKY_M) / (1 - near / far)
        return faded(image, distance, model)

    def close(self) -> None:
        """Nothing is held."""

    def _rays(self, fovy_deg: float) -> NDArray[np.float64]:
        """Return where each pixel looks, (height, width, 3) in the camera's frame, not normed."""
        half = math.tan(math.radians(fovy_deg) / 2)
        rows, columns = np.indices((self._height, self._width)) + 0.5
        up = (1 - 2 * rows / self._height) * half
        right = (2 * columns / self._width - 1) * half * self._width / self._height
        return np.stack([right, up, np.full_like(up, -1.0)], -1)


def light(model: mujoco.MjModel) -> dict[str, Any]:
    """Return the light of a model: its strongest lamp, and what comes from everywhere."""
    active = np.flatnonzero(model.light_active)
    if not len(active):
        return {"lightAmbientCoeff": 0.0, "lightDiffuseCoeff": 0.0, "lightSpecularCoeff": 0.0}
    strength = model.light_diffuse[active].mean(-1)
    sun = int(active[strength.argmax()])
    bright = float(strength.max())
    colour = model.light_diffuse[sun] / bright if bright else np.ones(3)
    return {
        "lightDirection": (-model.light_dir[sun]).tolist(),
        "lightColor": colour.tolist(),
        "lightDistance": SUN_M,
        "lightAmbientCoeff": float(model.light_ambient[active].mean(-1).sum()),
        "lightDiffuseCoeff": bright,
        "lightSpecularCoeff": 0.0,
    }


def sky(model: mujoco.MjModel, rays: NDArray[np.float64]) -> Image:
    """Return what stands behind everything in some directions; black without a sky.

    Args:
        model: the compiled world.
        rays: (directions, 3), ENU, of any length.
    """
    skies = np.flatnonzero(model.tex_type == mujoco.mjtTexture.mjTEXTURE_SKYBOX)
    if not len(skies):
        return np.zeros(rays.shape, np.uint8)
    side, first = int(model.tex_width[skies[0]]), int(model.tex_adr[skies[0]])
    pixels = model.tex_data[first : first + 18 * side * side].reshape(6, side, side, 3)
    middles, lefts, tops = np.swapaxes(np.array(FACES), 0, 1)
    face = (rays @ middles.T).argmax(-1)
    ahead = (rays * middles[face]).sum(-1)
    across = 1 - (rays * lefts[face]).sum(-1) / ahead
    down = 1 - (rays * tops[face]).sum(-1) / ahead
    row, column = (np.minimum(side - 1, (side * x / 2).astype(int)) for x in (down, across))
    return pixels[face, row, column]
