"""Nothing stands at the horizon."""

from __future__ import annotations

from numpy.random import Generator

from liquid_control.contract import Image

from . import Horizon


class NoHorizon(Horizon):
    """The sky alone."""

    def paint(self, rng: Generator, faces: Image) -> Image:
        """Return the sky as it is."""
        return faces
