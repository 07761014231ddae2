"""Things that are easily taken for the ordered one."""

from __future__ import annotations

from liquid_control.contract import Share

from ..settings import WorldSettings
from . import Condition, change_part


class Distractors(Condition, frozen=True):
    """Four or five other things stand around, and all have the ordered kind or colour."""

    others: tuple[int, int] = (4, 5)
    look_alike_share: Share = 1.0

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world with such things."""
        return change_part(
            settings, "task", others=self.others, look_alike_share=self.look_alike_share
        )
