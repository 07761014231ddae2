"""Odometry: velocity, yaw rate and height as a state estimate would give them."""

from __future__ import annotations

import math
from typing import ClassVar

import mujoco
from numpy.random import Generator

from liquid_control.contract import InputCard, NotNegative, Range, Reading, odometry_input

from ..layout import Layout
from ..vehicles import Body
from . import Probe, Sensor


class Odometry(Sensor, frozen=True):
    """Heading-aligned velocity, yaw rate and height; one constant error and white noise each."""

    kind: ClassVar[str] = "odometry"

    rate_hz: Range = (50.0, 50.0)
    velocity_noise_m_s: NotNegative = 0.02
    velocity_bias_m_s: NotNegative = 0.02
    yaw_rate_noise_rad_s: NotNegative = 0.01
    height_noise_m: NotNegative = 0.02
    height_bias_m: NotNegative = 0.05

    def input(self) -> InputCard:
        """Return the card of odometry."""
        return odometry_input()

    def fitted(self, card: InputCard) -> Odometry:
        """Return itself: every policy is given odometry in the same form."""
        return self

    def open(
        self, model: mujoco.MjModel, data: mujoco.MjData, body: Body, key: str
    ) -> OdometryProbe:
        """Return the odometry of a vehicle."""
        return OdometryProbe(body)


class OdometryProbe(Probe):
    """One flight's odometry: its constant errors are drawn once."""

    def __init__(self, body: Body) -> None:
        self._body = body

    def begin(self, sensor: Odometry, layout: Layout, rng: Generator) -> None:
        """Draw the constant errors."""
        self._rng = rng
        speed, height = sensor.velocity_bias_m_s, sensor.height_bias_m
        self._bias = (rng.standard_normal(5) * (speed, speed, speed, 0.0, height)).tolist()
        noise = sensor.velocity_noise_m_s
        self._std = (noise, noise, noise, sensor.yaw_rate_noise_rad_s, sensor.height_noise_m)

    def measure(self, stamp_ns: int) -> Reading:
        """Return the values of ``contract.inputs.ODOMETRY_FIELDS``."""
        truth = self._body.truth(0.0)
        c, s = math.cos(truth.yaw_rad), math.sin(truth.yaw_rad)
        x, y, z = truth.velocity_m_s
        true = (c * x + s * y, c * y - s * x, z, truth.yaw_rate_rad_s, truth.position_m[2])
        draws = self._rng.standard_normal(5).tolist()
        values = zip(true, self._bias, self._std, draws, strict=True)
        return Reading(stamp_ns, tuple(v + bias + std * draw for v, bias, std, draw in values))
