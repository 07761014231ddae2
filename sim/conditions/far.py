"""Targets further away than training had them."""

from __future__ import annotations

import msgspec

from liquid_control.contract import Positive
from liquid_control.errors import ConfigError

from ..settings import WorldSettings
from . import Condition


class Far(Condition, frozen=True):
    """The target is up to twice as far as in training, and there is more time to reach it."""

    distance: Positive = 2.0
    time: Positive = 1.5

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world with such a task."""
        task = settings.task
        changes = {}
        for field, value in (
            ("target_distance_m", lambda far: (far[1], self.distance * far[1])),
            ("time_limit_s", lambda limit: self.time * limit),
        ):
            if not hasattr(task, field):
                raise ConfigError(
                    f"the condition changes a task's {field}, and this task has none; it has "
                    f"{', '.join(task.__struct_fields__)}"
                )
            changes[field] = value(getattr(task, field))
        return msgspec.structs.replace(settings, task=msgspec.structs.replace(task, **changes))
