"""A sensor of one's own: the direction and distance of the target, as a radio beacon gives it."""

from __future__ import annotations

import math
from typing import ClassVar

from liquid_control_sim.sensors import Probe, Sensor

from liquid_control.contract import NotNegative, Range, Reading, vector_input

FIELDS = ("ahead_m", "aside_m")


class Beacon(Sensor, frozen=True):
    """Where the target is, seen from the vehicle, with noise."""

    kind: ClassVar[str] = "vector"

    rate_hz: Range = (20.0, 20.0)
    noise_m: NotNegative = 0.02

    def input(self):
        return vector_input(FIELDS)

    def fitted(self, card):
        return self

    def open(self, model, data, body, key):
        return BeaconProbe(body)


class BeaconProbe(Probe):
    def __init__(self, body):
        self._body = body

    def begin(self, sensor, layout, rng):
        self._noise_m, self._rng = sensor.noise_m, rng
        self._target = layout.places[layout.target]

    def measure(self, stamp_ns):
        truth = self._body.truth(0.0)
        dx = self._target.x_m - truth.position_m[0]
        dy = self._target.y_m - truth.position_m[1]
        c, s = math.cos(truth.yaw_rad), math.sin(truth.yaw_rad)
        ahead, aside = c * dx + s * dy, c * dy - s * dx
        noise = self._noise_m * self._rng.standard_normal(2)
        return Reading(stamp_ns, (ahead + noise[0], aside + noise[1]))
