"""The ground: one of many textures or of one's own photographs a flight."""

from __future__ import annotations

import math
from dataclasses import dataclass

import mujoco
import numpy as np
from numpy.random import Generator

from liquid_control.contract import Image, Range

from ..component import FilePaths
from ..layout import Layout
from ..pictures import check_pictures, find_pictures, read_picture
from ..textures import paint_texture
from . import Scenery
from ._bodies import SOLID
from ._looks import check_looks, draw_look
from .grounds import GROUNDS, PIXELS

GRASS_AND_EARTH, BARE_GROUND, PAVING = (
    range(7_000, 7_008),
    range(7_100, 7_116),
    range(7_008, 7_012),
)
TRAINED_TEXTURES = len(GRASS_AND_EARTH) + len(BARE_GROUND)
UNSEEN_TEXTURES = len(PAVING)
PHOTOGRAPH_PIXELS = 256


@dataclass(frozen=True)
class GroundDrawn:
    """What a flight's ground looks like.

    Attributes:
        texture: which one, or which of the photographs.
        repeat: how often it repeats over the whole ground.
        photograph: its file, if it is one.
        look: the one of ``scenery/grounds`` that is painted, if one is.
        seed: what it is painted from.
    """

    texture: int
    repeat: float
    photograph: str | None = None
    look: str | None = None
    seed: int = 0


class Ground(Scenery, frozen=True):
    """A plane of grass, earth, bare ground or paving, of any look, or of one's own photographs.

    Attributes:
        textures: first texture that may be drawn, and the one after the last.
        repeat: how often it repeats over the 120 m of the ground.
        photographs: pictures taken straight down, of which a flight draws one, as
            ``find_pictures`` takes them: a file, a folder, a pattern, or a list of these; instead
            of the textures.
        looks: of ``scenery/grounds``, of which a flight draws one and paints it anew; instead of
            the textures. Those that are named twice come twice as often.
    """

    textures: tuple[int, int] = (0, TRAINED_TEXTURES)
    repeat: Range = (12.0, 40.0)
    photographs: FilePaths | None = None
    looks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        low, high = self.textures
        most = TRAINED_TEXTURES + UNSEEN_TEXTURES
        if not 0 <= low < high <= most:
            raise ValueError(f"expected textures from 0 to {most}, the first below the last")
        if self.looks:
            check_looks(GROUNDS, self.looks, "looks")
        if self.photographs is not None:
            check_pictures(self.photographs)

    def attach(self, spec: mujoco.MjSpec, key: str) -> None:
        """Add all textures and the plane; one texture where it is painted for every flight."""
        side = self.structure()
        if side:
            _add_texture(spec, f"{key}_0", np.zeros((side, side, 3), np.uint8))
        else:
            for i, seed in enumerate((*GRASS_AND_EARTH, *BARE_GROUND, *PAVING)):
                _add_texture(spec, f"{key}_{i}", ground_pixels(seed))
        spec.worldbody.add_geom(
            name=key,
            type=mujoco.mjtGeom.mjGEOM_PLANE,
            size=[60, 60, 60],
            material=f"{key}_0",
            **SOLID,
        )

    def draw(self, rng: Generator, layout: Layout, key: str) -> GroundDrawn:
        """Draw the texture and its size."""
        if self.photographs is not None:
            found = find_pictures(self.photographs)
            i = int(rng.integers(len(found)))
            return GroundDrawn(i, float(rng.uniform(*self.repeat)), found[i])
        texture, repeat = int(rng.integers(*self.textures)), float(rng.uniform(*self.repeat))
        if not self.looks:
            return GroundDrawn(texture, repeat)
        look, seed = draw_look(rng, self.looks), int(rng.integers(2**32))
        return GroundDrawn(0, repeat, None, look, seed)

    def place(
        self, model: mujoco.MjModel, data: mujoco.MjData, key: str, drawn: GroundDrawn
    ) -> None:
        """Lay the texture."""
        side = self.structure()
        if drawn.photograph is not None:
            paint_texture(model, f"{key}_0", read_picture(drawn.photograph, side, side))
        elif drawn.look is not None:
            look = GROUNDS.get(drawn.look)()
            paint_texture(model, f"{key}_0", look.paint(np.random.default_rng(drawn.seed)))
        material = model.material(f"{key}_{0 if side else drawn.texture}").id
        model.geom(key).matid[0] = material
        model.mat_texrepeat[material] = drawn.repeat

    def structure(self) -> int:
        """Return the width of the texture that is painted for every flight; 0 without one."""
        if self.photographs is not None:
            return PHOTOGRAPH_PIXELS
        return PIXELS if self.looks else 0


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
