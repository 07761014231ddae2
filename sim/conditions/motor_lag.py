"""Motors that answer later than the controller knows."""

from __future__ import annotations

from liquid_control.contract import Positive

from ..settings import WorldSettings
from . import Condition, change_part, field_of


class MotorLag(Condition, frozen=True):
    """The motors take twice as long to answer."""

    times: Positive = 2.0

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world with such motors."""
        low, high = field_of(settings, "vehicle", "motor_lag_s") or (_lag_s(settings),) * 2
        lags_s = self.times * low, self.times * high
        return change_part(settings, "vehicle", motor_lag_s=lags_s)


def _lag_s(settings: WorldSettings) -> float:
    """Return the time constant that the vehicle's model gives its motors."""
    return float(settings.vehicle.spec().actuators[0].dynprm[0])
