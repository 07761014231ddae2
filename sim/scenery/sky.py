"""The sky: a look of many with a horizon of many, or one of the panoramas of a folder."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import mujoco
import numpy as np
from numpy.random import Generator

from liquid_control.contract import Image, Range, Share

from ..component import FilePaths
from ..layout import Layout
from ..pictures import check_pictures, find_pictures, read_picture
from ..textures import paint_texture
from . import Scenery
from ._bodies import Rgb
from ._faces import PIXELS, angles
from ._looks import check_looks, draw_look
from .horizons import HORIZONS
from .skies import SKIES

Channel = Share | tuple[Share, ...]
"""One value or a range: msgspec 0.22 crashes on a union with a tuple of two such values."""
Colour = tuple[Channel, Channel, Channel]
PANORAMA_PIXELS = 256
"""Width of each of the six faces."""


@dataclass(frozen=True)
class SkyDrawn:
    """A flight's sky.

    Attributes:
        zenith: the colour above, for a look that has none of its own.
        horizon: likewise below.
        panorama: the file of its panorama, if it has one.
        look: one of ``scenery/skies``.
        skyline: one of ``scenery/horizons``.
        seed: what look and skyline are painted from.
    """

    zenith: Rgb
    horizon: Rgb
    panorama: str | None = None
    look: str = "gradient"
    skyline: str = "none"
    seed: int = 0


class Sky(Scenery, frozen=True):
    """A sky with or without clouds and hills, or with those of one's own pictures.

    Attributes:
        zenith: red, green and blue straight above, each 0..1 or a range of which a flight
            draws one; of the look ``gradient``.
        horizon: likewise; half-way to it at the horizon, all of it straight below.
        panoramas: equirectangular pictures (twice as wide as high, their middle to the east), of
            which a flight draws one, as ``find_pictures`` takes them: a file, a folder, a
            pattern, or a list of these; instead of the looks.
        looks: of ``scenery/skies``, of which a flight draws one; those that are named twice
            come twice as often.
        horizons: of ``scenery/horizons``, likewise; a hall has none.
    """

    zenith: Colour = (0.75, 0.85, 0.95)
    horizon: Colour = (0.35, 0.55, 0.85)
    panoramas: FilePaths | None = None
    looks: tuple[str, ...] = ("gradient",)
    horizons: tuple[str, ...] = ("none",)

    def __post_init__(self) -> None:
        for channel in (*self.zenith, *self.horizon):
            if isinstance(channel, tuple) and not (len(channel) == 2 and channel[0] <= channel[1]):
                raise ValueError(
                    f"expected a number or a range from low to high, found {list(channel)}; "
                    "swap or mend it"
                )
        check_looks(SKIES, self.looks, "looks")
        check_looks(HORIZONS, self.horizons, "horizons")
        if self.panoramas is not None:
            check_pictures(self.panoramas)

    def attach(self, spec: mujoco.MjSpec, key: str) -> None:
        """Add the texture that MuJoCo draws behind everything."""
        kind, side = mujoco.mjtTexture.mjTEXTURE_SKYBOX, self.structure()
        texture = spec.add_texture(name=key, type=kind, width=side, height=6 * side, nchannel=3)
        texture.data = bytes(6 * side * side * 3)

    def draw(self, rng: Generator, layout: Layout, key: str) -> SkyDrawn:
        """Draw the colours, the look and the horizon, or one of the panoramas."""
        zenith, horizon = (_draw(rng, colour) for colour in (self.zenith, self.horizon))
        if self.panoramas is not None:
            found = find_pictures(self.panoramas)
            return SkyDrawn(zenith, horizon, found[int(rng.integers(len(found)))])
        look, skyline = draw_look(rng, self.looks), draw_look(rng, self.horizons)
        return SkyDrawn(zenith, horizon, None, look, skyline, int(rng.integers(2**32)))

    def place(self, model: mujoco.MjModel, data: mujoco.MjData, key: str, drawn: SkyDrawn) -> None:
        """Paint it."""
        paint_texture(model, key, panorama(drawn.panorama) if drawn.panorama else painted(drawn))

    def structure(self) -> int:
        """Return the width of its faces: what is on them is painted for every flight."""
        return PIXELS if self.panoramas is None else PANORAMA_PIXELS


def painted(drawn: SkyDrawn) -> Image:
    """Return a look with its horizon on six faces, (6, 64, 64, 3) uint8."""
    rng = np.random.default_rng(drawn.seed)
    look = SKIES.get(drawn.look)()
    faces = look.paint(rng, drawn.zenith, drawn.horizon)
    return HORIZONS.get(drawn.skyline)().paint(rng, faces) if look.outdoors else faces


@lru_cache
def panorama(file: str) -> Image:
    """Return an equirectangular picture on six faces, (6, 256, 256, 3) uint8.

    Raises:
        ConfigError: it cannot be read.
    """
    side = PANORAMA_PIXELS
    wide, high = 4 * side, 2 * side
    flat = read_picture(file, wide, high)
    azimuth, elevation = angles(side)
    column = (0.5 - azimuth / (2 * np.pi)) * wide
    row = (0.5 - elevation / np.pi) * high
    return flat[row.astype(int), column.astype(int) % wide]


def _range(channel: Channel) -> Range:
    low, high = channel if isinstance(channel, tuple) else (channel, channel)
    return low, high


def _draw(rng: Generator, colour: Colour) -> Rgb:
    red, green, blue = (float(rng.uniform(*_range(channel))) for channel in colour)
    return red, green, blue
