"""Several conditions at once."""

from __future__ import annotations

from ..settings import WorldSettings
from . import Condition, conditioned


class Everything(Condition, frozen=True):
    """Several at once: uneven frames, new ground, dim light, another lens, noise and wind."""

    conditions: tuple[str, ...] = ("jitter", "textures", "light", "lens", "noise", "wind")

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world under all of them, one after the other."""
        for name in self.conditions:
            settings = conditioned(settings, name)
        return settings
