"""The ground: one of many textures a flight, some of them kept from training."""

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from liquid_control.contract import Range

from ..tasks import Layout
from . import Scenery
from ._bodies import SOLID

GRASS_AND_EARTH, BARE_GROUND, PAVING = (
    range(7_000, 7_008),
    range(7_100, 7_116),
    range(7_008, 7_012),
)
TRAINED_TEXTURES = len(GRASS_AND_EARTH) + len(BARE_GROUND)
UNSEEN_TEXTURES = len(PAVING)
PIXELS = 128


@dataclass(frozen=True)
class GroundDrawn:
    """Which texture a flight has, and how often it repeats over the whole ground."""

    texture: int
    repeat: float


class Ground(Scenery, frozen=True):
    """A plane of grass, earth, bare ground or paving.

    Attributes:
        textures: first texture that may be drawn, and the one after the last.
        repeat: how often it repeats over the 120 m of the ground.
    """

    textures: tuple[int, int] = (0, TRAINED_TEXTURES)
    repeat: Range = (12.0, 40.0)

    def __post_init__(self) -> None:
        low, high = self.textures
        most = TRAINED_TEXTURES + UNSEEN_TEXTURES
        if not 0 <= low < high <= most:
            raise ValueError(f"expected textures from 0 to {most}, the first below the last")

    def attach(self, spec: mujoco.MjSpec, key: str) -> None:
        """Add all textures and the plane."""
        for i, seed in enumerate((*GRASS_AND_EARTH, *BARE_GROUND, *PAVING)):
            name = f"{key}_{i}"
            kind = mujoco.mjtTexture.mjTEXTURE_2D
            texture = spec.add_texture(
                name=name, type=kind, width=PIXELS, height=PIXELS, nchannel=3
            )
            texture.data = ground_pixels(seed).tobytes()
            material = spec.add_material(name=name, texrepeat=[20, 20])
            material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = name
        spec.worldbody.add_geom(
            name=key,
            type=mujoco.mjtGeom.mjGEOM_PLANE,
            size=[60, 60, 60],
            material=f"{key}_0",
            **SOLID,
        )

    def draw(self, rng: Generator, layout: Layout, key: str) -> GroundDrawn:
        """Draw the texture and its size."""
        return GroundDrawn(int(rng.integers(*self.textures)), float(rng.uniform(*self.repeat)))

    def place(
        self, model: mujoco.MjModel, data: mujoco.MjData, key: str, drawn: GroundDrawn
    ) -> None:
        """Lay the texture."""
        material = model.material(f"{key}_{drawn.texture}").id
        model.geom(key).matid[0] = material
        model.mat_texrepeat[material] = drawn.repeat


def ground_pixels(seed: int) -> NDArray[np.uint8]:
    """Return a texture, (128, 128, 3) uint8: only grass and earth have their natural colours."""
    rng = np.random.default_rng(seed)
    natural = seed in GRASS_AND_EARTH
    base = rng.uniform([60, 75, 30], [150, 150, 90]) if natural else rng.uniform(70, 235, 3)
    pixels = np.zeros((PIXELS, PIXELS))
    for octave in (4, 8, 16, 32, 64, 128):
        coarse, block = rng.standard_normal((octave, octave)), PIXELS // octave
        pixels += np.kron(coarse, np.ones((block, block))) / math.sqrt(octave)
    if seed in PAVING:
        pixels += 1.5 * ((np.indices((PIXELS, PIXELS)) // (8 << (seed - 7_000) % 3)).sum(0) % 2)
    shade = 1 + 0.22 * (pixels - pixels.mean()) / pixels.std()
    return np.clip(base * shade[..., None], 0, 255).astype(np.uint8)
