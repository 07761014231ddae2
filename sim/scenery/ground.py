"""The ground: one of many textures or of one's own photographs a flight."""

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.random import Generator

from liquid_control.contract import Image, Range

from ..component import FilePath
from ..pictures import check_pictures, find_pictures, read_picture
from ..tasks import Layout
from ..textures import paint_texture
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
PHOTOGRAPH_PIXELS = 256


@dataclass(frozen=True)
class GroundDrawn:
    """What a flight's ground looks like.

    Attributes:
        texture: which one, or which of the photographs.
        repeat: how often it repeats over the whole ground.
        photograph: its file, if it is one.
    """

    texture: int
    repeat: float
    photograph: str | None = None


class Ground(Scenery, frozen=True):
    """A plane of grass, earth, bare ground or paving, or of one's own photographs.

    Attributes:
        textures: first texture that may be drawn, and the one after the last.
        repeat: how often it repeats over the 120 m of the ground.
        photographs: a picture taken straight down, or a folder of them of which a flight draws
            one; instead of the textures.
    """

    textures: tuple[int, int] = (0, TRAINED_TEXTURES)
    repeat: Range = (12.0, 40.0)
    photographs: FilePath | None = None

    def __post_init__(self) -> None:
        low, high = self.textures
        most = TRAINED_TEXTURES + UNSEEN_TEXTURES
        if not 0 <= low < high <= most:
            raise ValueError(f"expected textures from 0 to {most}, the first below the last")
        if self.photographs is not None:
            check_pictures(self.photographs)

    def attach(self, spec: mujoco.MjSpec, key: str) -> None:
        """Add all textures and the plane; for photographs one texture, which is painted."""
        if self.photographs is None:
            for i, seed in enumerate((*GRASS_AND_EARTH, *BARE_GROUND, *PAVING)):
                _add_texture(spec, f"{key}_{i}", ground_pixels(seed))
        else:
            black = np.zeros((PHOTOGRAPH_PIXELS, PHOTOGRAPH_PIXELS, 3), np.uint8)
            _add_texture(spec, f"{key}_0", black)
        spec.worldbody.add_geom(
            name=key,
            type=mujoco.mjtGeom.mjGEOM_PLANE,
            size=[60, 60, 60],
            material=f"{key}_0",
            **SOLID,
        )

    def draw(self, rng: Generator, layout: Layout, key: str) -> GroundDrawn:
        """Draw the texture and its size."""
        if self.photographs is None:
            return GroundDrawn(int(rng.integers(*self.textures)), float(rng.uniform(*self.repeat)))
        found = find_pictures(self.photographs)
        i = int(rng.integers(len(found)))
        return GroundDrawn(i, float(rng.uniform(*self.repeat)), found[i])

    def place(
        self, model: mujoco.MjModel, data: mujoco.MjData, key: str, drawn: GroundDrawn
    ) -> None:
        """Lay the texture."""
        if drawn.photograph is None:
            material = model.material(f"{key}_{drawn.texture}").id
        else:
            size = PHOTOGRAPH_PIXELS, PHOTOGRAPH_PIXELS
            paint_texture(model, f"{key}_0", read_picture(drawn.photograph, *size))
            material = model.material(f"{key}_0").id
        model.geom(key).matid[0] = material
        model.mat_texrepeat[material] = drawn.repeat

    def structure(self) -> bool:
        """Return whether it has photographs: which ones is painted for every flight."""
        return self.photographs is not None


def _add_texture(spec: mujoco.MjSpec, name: str, pixels: Image) -> None:
    """Add a texture and a material that shows it."""
    side, kind = len(pixels), mujoco.mjtTexture.mjTEXTURE_2D
    texture = spec.add_texture(name=name, type=kind, width=side, height=side, nchannel=3)
    texture.data = pixels.tobytes()
    material = spec.add_material(name=name, texrepeat=[20, 20])
    material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = name


def ground_pixels(seed: int) -> Image:
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
