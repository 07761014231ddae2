"""Several conditions at once."""

from __future__ import annotations

from ..settings import WorldSettings
from . import Condition, conditioned


class Everything(Condition, frozen=True):
    """Several conditions at once: uneven frames, new ground, dim light, noise and wind."""

    conditions: tuple[str, ...] = ("jitter", "textures", "light", "noise", "wind")

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world under all of them, one after the other."""
        for name in self.conditions:
            settings = conditioned(settings, name)
        return settings
