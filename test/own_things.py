"""Photographs and things of one's own, made for the tests."""

from __future__ import annotations

import math
from pathlib import Path

import mujoco
import numpy as np
from liquid_control_sim.renderer import Renderer
from liquid_control_sim.world import World
from worlds import SEED

SEEDS = range(SEED, SEED + 8)


COLOURS = {"red": (220, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 220)}


MUG = """
<mujoco>
  <compiler angle="radian" meshdir="meshes"/>
  <default><default class="seen"><geom contype="0" conaffinity="0" group="1"/></default></default>
  <asset>
    <texture type="skybox" builtin="flat" rgb1="1 0 0" width="8" height="8"/>
    <mesh name="cup" file="cup.obj"/>
  </asset>
  <worldbody>
    <light pos="0 0 3"/>
    <body name="cup">
      <freejoint/>
      <geom class="seen" type="mesh" mesh="cup" rgba="0 1 0 1"/>
      <geom type="box" size="0.4 0.4 1.5" group="3"/>
      <body name="lid"><joint name="hinge"/><geom type="sphere" size="0.1"/></body>
    </body>
  </worldbody>
  <actuator><motor joint="hinge"/></actuator>
</mujoco>
"""


CUP = "v -1 -1 0\nv 1 -1 0\nv 0 1 0\nv 0 0 2\nf 1 3 2\nf 1 2 4\nf 2 3 4\nf 3 1 4\n"


def written(folder: Path, text: str, name: str = "own.yaml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def looking(world: World, up_rad: float, camera: Renderer) -> np.ndarray:
    """Return the middle of what a camera sees from 30 m above, the vehicle pitched up."""
    world.data.qpos[:7] = (0, 0, 30, math.cos(up_rad / 2), 0, -math.sin(up_rad / 2), 0)
    mujoco.mj_forward(world.model, world.data)
    picture = camera.render(world.data)
    return picture[10:20, 10:20].reshape(-1, 3).mean(0)


def uploads(monkeypatch) -> list[int]:
    """Return a list in which every texture that is sent to a context will stand."""
    sent, real = [], mujoco.mjr_uploadTexture

    def upload(model, context, texture):
        sent.append(texture)
        real(model, context, texture)

    monkeypatch.setattr(mujoco, "mjr_uploadTexture", upload)
    return sent
