"""A sensor of one's own: how high the vehicle is, as a range finder that looks down measures it.

In a training YAML:

    world: {sensors: {height: {name: "my_sensor.py:MySensor"}}}
    inputs: [image, imu, height]
"""

from __future__ import annotations

from typing import ClassVar

import mujoco
from liquid_control_sim.layout import Layout
from liquid_control_sim.sensors import Probe, Sensor
from liquid_control_sim.vehicles import Body
from numpy.random import Generator

from liquid_control.contract import InputCard, NotNegative, Range, Reading, vector_input


class MySensor(Sensor, frozen=True):
    """Height over flat ground, with noise.

    Delay, jitter and dropout are settings that every sensor has. ``kind`` says how the robot
    aligns it: a vector is any row of numbers of which the newest counts.
    """

    kind: ClassVar[str] = "vector"

    rate_hz: Range = (50.0, 50.0)
    noise_m: NotNegative = 0.02
    longest_m: float = 8.0

    def input(self) -> InputCard:
        """Return the card of what it gives: names with units."""
        return vector_input(("height_m",))

    def fitted(self, card: InputCard) -> MySensor:
        """Return the sensor that gives what a policy was trained with: there is one form of it."""
        return self

    def open(
        self, model: mujoco.MjModel, data: mujoco.MjData, body: Body, key: str
    ) -> MySensorProbe:
        """Return the sensor in a compiled model."""
        return MySensorProbe(body)


class MySensorProbe(Probe):
    """One flight's measurements."""

    def __init__(self, body: Body) -> None:
        self._body = body

    def begin(self, sensor: MySensor, layout: Layout, rng: Generator) -> None:
        """Begin a flight."""
        self._sensor, self._rng = sensor, rng

    def measure(self, stamp_ns: int) -> Reading:
        """Return the height now."""
        height_m = self._body.truth(0.0).position_m[2]
        height_m += self._rng.normal(0.0, self._sensor.noise_m)
        return Reading(stamp_ns, (min(self._sensor.longest_m, max(0.0, height_m)),))
