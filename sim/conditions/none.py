"""The world as it is."""

from __future__ import annotations

from ..settings import WorldSettings
from . import Condition


class Nothing(Condition, frozen=True):
    """The world as it is."""

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world."""
        return settings
