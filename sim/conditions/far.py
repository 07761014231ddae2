"""Targets further away than training had them."""

from __future__ import annotations

from liquid_control.contract import Positive

from ..settings import WorldSettings
from . import Condition, change_part, field_of


class Far(Condition, frozen=True):
    """The target is up to twice as far as in training, and there is more time to reach it."""

    distance: Positive = 2.0
    time: Positive = 1.5

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world with such a task."""
        _, far_m = field_of(settings, "task", "target_distance_m")
        return change_part(
            settings,
            "task",
            target_distance_m=(far_m, self.distance * far_m),
            time_limit_s=self.time * field_of(settings, "task", "time_limit_s"),
        )
