"""One look of the ground a file, in any colours; a flight draws one of them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.random import Generator

from liquid_control.contract import Image
from liquid_control.registry import Registry

from .._faces import Floats, image_of
from .._paint import clouded, grey, tone

PIXELS = 128


class GroundLook:
    """Paints a ground that repeats."""

    def paint(self, rng: Generator) -> Image:
        """Return one flight's texture, (128, 128, 3) uint8."""
        raise NotImplementedError


GROUNDS: Registry[GroundLook] = Registry(__name__, GroundLook, "look of the ground")


def shade(rng: Generator) -> Floats:
    """Draw a colour that a ground may have: often grey, green or brown, at times any; (3,)."""
    kind = rng.random()
    if kind < 0.35:
        return grey(rng, (0.15, 0.9), 0.08)
    if kind < 0.75:
        return grass(rng) if kind < 0.5 else earth(rng)
    return tone(rng, (0.05, 0.95))


def grass(rng: Generator) -> Floats:
    """Draw the colour of what grows: green, olive or yellowish; (3,)."""
    return np.float32(rng.uniform(0.2, 0.65)) * tone(rng, (0.4, 1.1), (1.0, 1.0), (0.15, 0.6))


def earth(rng: Generator) -> Floats:
    """Draw the colour of earth, sand or wood; (3,)."""
    return np.float32(rng.uniform(0.25, 0.8)) * tone(rng, (1.0, 1.0), (0.65, 0.95), (0.4, 0.85))


def beside(rng: Generator, colour: Floats) -> Floats:
    """Draw a colour that goes with another: a lighter or darker one, or any; (3,)."""
    if rng.random() < 0.6:
        return np.clip(colour * np.float32(rng.choice([0.45, 0.65, 0.8, 1.25, 1.6])), 0.02, 1)
    return shade(rng)


def worn(rng: Generator, colours: Floats, spots: float = 0.08, grain: float = 0.05) -> Image:
    """Return colours with soft spots and grain.

    Args:
        rng: what is drawn from.
        colours: (128, 128, 3) or (3,), 0..1.
        spots: most deviation of the soft spots, as a share.
        grain: likewise from pixel to pixel.
    """
    u, v = places()
    soft = np.float32(rng.uniform(0, spots)) * clouded(u, v, rng)
    fine = np.float32(rng.uniform(0, grain)) * rng.standard_normal((PIXELS, PIXELS), np.float32)
    return image_of(colours * (1 + soft + fine)[..., None])


@lru_cache
def places() -> tuple[Floats, Floats]:
    """Return columns and rows as shares of the texture, (128, 128) each."""
    along = (np.arange(PIXELS) + 0.5) / PIXELS
    u: Floats = np.broadcast_to(along.astype(np.float32), (PIXELS, PIXELS))
    return u, u.T
