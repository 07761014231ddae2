"""Grounds that training never saw, from photographs where there are any."""

from __future__ import annotations

from liquid_control.errors import ConfigError

from ..settings import WorldSettings
from .photographs import Photographs
from .textures import Textures


class Ground(Photographs, frozen=True):
    """The ground is a photograph; a texture that training never saw, where none is installed."""

    parts: tuple[str, ...] = ("ground",)

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world on such a ground."""
        try:
            return super().change(settings)
        except ConfigError:
            return Textures().change(settings)
