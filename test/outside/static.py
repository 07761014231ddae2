"""A condition of one's own: the beacon's signal is disturbed."""

from __future__ import annotations

import msgspec
from liquid_control_sim.conditions import Condition

from liquid_control.contract import Positive


class Static(Condition, frozen=True):
    """The beacon errs by a quarter of a metre."""

    noise_m: Positive = 0.25

    def change(self, settings):
        beacon = msgspec.structs.replace(settings.sensors["beacon"], noise_m=self.noise_m)
        return msgspec.structs.replace(settings, sensors={**settings.sensors, "beacon": beacon})
