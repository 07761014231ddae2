"""One look of the sky a file, each with colours of its own; a flight draws one of them."""

from __future__ import annotations

from typing import ClassVar

from numpy.random import Generator

from liquid_control.contract import Image
from liquid_control.registry import Registry

from .._bodies import Rgb


class SkyLook:
    """Paints a sky.

    Attributes:
        outdoors: whether it has a horizon.
    """

    outdoors: ClassVar[bool] = True

    def paint(self, rng: Generator, zenith: Rgb, horizon: Rgb) -> Image:
        """Return one flight's six faces, (6, 64, 64, 3) uint8, in the order of ``FACES``.

        Args:
            rng: what everything is drawn from.
            zenith: the flight's colour above, for a look that has none of its own.
            horizon: likewise below.
        """
        raise NotImplementedError


__all__ = ["SKIES", "Rgb", "SkyLook"]
SKIES: Registry[SkyLook] = Registry(__name__, SkyLook, "look of the sky")
