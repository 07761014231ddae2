"""The sky: a gradient of colours, or one of the panoramas of a folder."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import mujoco
import numpy as np
from numpy.random import Generator

from liquid_control.contract import Image, Range, Share

from ..component import FilePath
from ..pictures import check_pictures, find_pictures, read_picture
from ..tasks import Layout
from ..textures import paint_texture
from . import Scenery
from ._bodies import Rgb

Channel = Share | tuple[Share, ...]
"""One value or a range: msgspec 0.22 crashes on a union with a tuple of two such values."""
Colour = tuple[Channel, Channel, Channel]
GRADIENT_PIXELS, PANORAMA_PIXELS = 64, 256
"""Width of each of the six faces."""
FACES = (
    ((1, 0, 0), (0, -1, 0), (0, 0, 1)),
    ((-1, 0, 0), (0, 1, 0), (0, 0, 1)),
    ((0, 0, 1), (-1, 0, 0), (0, 1, 0)),
    ((0, 0, -1), (-1, 0, 0), (0, -1, 0)),
    ((0, -1, 0), (-1, 0, 0), (0, 0, 1)),
    ((0, 1, 0), (1, 0, 0), (0, 0, 1)),
)
"""Of each face in MuJoCo's order: where it lies, and where its left and its upper edge point.

MuJoCo takes them as seen from outside: the left edge of a face is on the right of who looks.
"""


@dataclass(frozen=True)
class SkyDrawn:
    """The colours of a flight's sky, and the file of its panorama if it has one."""

    zenith: Rgb
    horizon: Rgb
    panorama: str | None = None


class Sky(Scenery, frozen=True):
    """A sky without clouds, or with those of one's own pictures.

    Attributes:
        zenith: red, green and blue straight above, each 0..1 or a range of which a flight
            draws one.
        horizon: likewise; half-way to it at the horizon, all of it straight below.
        panoramas: an equirectangular picture (twice as wide as high, its middle to the east), or
            a folder of them of which a flight draws one; instead of the colours.
    """

    zenith: Colour = (0.75, 0.85, 0.95)
    horizon: Colour = (0.35, 0.55, 0.85)
    panoramas: FilePath | None = None

    def __post_init__(self) -> None:
        for channel in (*self.zenith, *self.horizon):
            if isinstance(channel, tuple) and not (len(channel) == 2 and channel[0] <= channel[1]):
                raise ValueError(
                    f"expected a number or a range from low to high, found {list(channel)}; "
                    "swap or mend it"
                )
        if self.panoramas is not None:
            check_pictures(self.panoramas)

    def attach(self, spec: mujoco.MjSpec, key: str) -> None:
        """Add the texture that MuJoCo draws behind everything."""
        kind, side = mujoco.mjtTexture.mjTEXTURE_SKYBOX, self.structure()
        texture = spec.add_texture(name=key, type=kind, width=side, height=6 * side, nchannel=3)
        if self.panoramas is None:
            texture.data = gradient(*(_lowest(c) for c in (self.zenith, self.horizon))).tobytes()
        else:
            texture.data = bytes(6 * side * side * 3)

    def draw(self, rng: Generator, layout: Layout, key: str) -> SkyDrawn:
        """Draw the colours, and one of the panoramas."""
        zenith, horizon = (_draw(rng, colour) for colour in (self.zenith, self.horizon))
        if self.panoramas is None:
            return SkyDrawn(zenith, horizon)
        found = find_pictures(self.panoramas)
        return SkyDrawn(zenith, horizon, found[int(rng.integers(len(found)))])

    def place(self, model: mujoco.MjModel, data: mujoco.MjData, key: str, drawn: SkyDrawn) -> None:
        """Paint it."""
        if drawn.panorama is None:
            paint_texture(model, key, gradient(drawn.zenith, drawn.horizon))
        else:
            paint_texture(model, key, panorama(drawn.panorama))

    def structure(self) -> int:
        """Return the width of its faces: what is on them is painted for every flight."""
        return GRADIENT_PIXELS if self.panoramas is None else PANORAMA_PIXELS


@lru_cache
def gradient(zenith: Rgb, horizon: Rgb) -> Image:
    """Return MuJoCo's gradient on six faces, (6, 64, 64, 3) uint8."""
    spec, side = mujoco.MjSpec(), GRADIENT_PIXELS
    spec.add_texture(
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
        rgb1=list(zenith),
        rgb2=list(horizon),
        width=side,
        height=side,
    )
    return spec.compile().tex_data.reshape(6, side, side, 3).copy()


@lru_cache
def panorama(file: str) -> Image:
    """Return an equirectangular picture on six faces, (6, 256, 256, 3) uint8.

    Raises:
        ConfigError: it cannot be read.
    """
    side = PANORAMA_PIXELS
    wide, high = 4 * side, 2 * side
    flat = read_picture(file, wide, high)
    along = 1 - (2 * np.arange(side) + 1) / side
    middles, lefts, tops = np.array(FACES, float).transpose(1, 0, 2)[:, :, None, None]
    x, y, z = np.moveaxis(middles + lefts * along[:, None] + tops * along[:, None, None], -1, 0)
    column = (0.5 - np.arctan2(y, x) / (2 * np.pi)) * wide
    row = (0.5 - np.arctan2(z, np.hypot(x, y)) / np.pi) * high
    return flat[row.astype(int), column.astype(int) % wide]


def _range(channel: Channel) -> Range:
    low, high = channel if isinstance(channel, tuple) else (channel, channel)
    return low, high


def _lowest(colour: Colour) -> Rgb:
    red, green, blue = (_range(channel)[0] for channel in colour)
    return red, green, blue


def _draw(rng: Generator, colour: Colour) -> Rgb:
    red, green, blue = (float(rng.uniform(*_range(channel))) for channel in colour)
    return red, green, blue
