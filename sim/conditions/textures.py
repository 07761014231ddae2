"""Grounds that training never saw."""

from __future__ import annotations

from ..scenery.ground import TRAINED_TEXTURES, UNSEEN_TEXTURES, Ground
from ..settings import WorldSettings
from . import Condition, change_parts


class Textures(Condition, frozen=True):
    """The ground has a texture that training never saw."""

    textures: tuple[int, int] = (TRAINED_TEXTURES, TRAINED_TEXTURES + UNSEEN_TEXTURES)

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world on such a ground."""
        return change_parts(
            settings, "scenery", Ground, textures=self.textures, looks=(), photographs=None
        )
