"""One colour, worn a little."""

from __future__ import annotations

from numpy.random import Generator

from liquid_control.contract import Image

from . import GroundLook, shade, worn


class Plain(GroundLook):
    """Concrete, asphalt, sand, snow, a carpet."""

    def paint(self, rng: Generator) -> Image:
        """Return the texture."""
        return worn(rng, shade(rng), 0.2)
