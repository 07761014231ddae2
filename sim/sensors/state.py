"""The true state as a sensor, for learning that may know more than a vehicle does."""

from __future__ import annotations

import math
from typing import ClassVar

import mujoco
from numpy.random import Generator

from liquid_control.contract import InputCard, Reading, vector_input

from ..layout import Layout
from ..vehicles import Body
from . import Probe, Sensor

FIELDS = (
    "forward_m_s",
    "left_m_s",
    "up_m_s",
    "yaw_rate_rad_s",
    "height_m",
    "roll_rad",
    "pitch_rad",
    "target_forward_m",
    "target_left_m",
)


class State(Sensor, frozen=True):
    """Velocity, attitude and height, and where the task's target is; heading-aligned, exact."""

    kind: ClassVar[str] = "vector"

    def input(self) -> InputCard:
        """Return the card of ``FIELDS``."""
        return vector_input(FIELDS)

    def fitted(self, card: InputCard) -> State:
        """Return itself: there is only one form of it."""
        return self

    def open(self, model: mujoco.MjModel, data: mujoco.MjData, body: Body, key: str) -> StateProbe:
        """Return the state of a vehicle."""
        return StateProbe(body)


class StateProbe(Probe):
    """One flight's true state."""

    def __init__(self, body: Body) -> None:
        self._body = body

    def begin(self, sensor: State, layout: Layout, rng: Generator) -> None:
        """Learn where the target is; the origin, where the task has none."""
        place = layout.places.get(layout.target)
        self._target = (0.0, 0.0) if place is None else (place.x_m, place.y_m)

    def measure(self, stamp_ns: int) -> Reading:
        """Return the values of ``FIELDS``."""
        truth = self._body.truth(0.0)
        w, i, j, k = truth.quaternion
        x, y, z = truth.position_m
        roll = math.atan2(2 * (w * i + j * k), 1 - 2 * (i * i + j * j))
        pitch = math.asin(max(-1.0, min(1.0, 2 * (w * j - k * i))))
        forward, left = _aligned(truth.yaw_rad, *truth.velocity_m_s[:2])
        ahead = _aligned(truth.yaw_rad, self._target[0] - x, self._target[1] - y)
        up, turn = truth.velocity_m_s[2], truth.yaw_rate_rad_s
        return Reading(stamp_ns, (forward, left, up, turn, z, roll, pitch, *ahead))


def _aligned(yaw_rad: float, x: float, y: float) -> tuple[float, float]:
    """Return a horizontal vector along heading and left."""
    c, s = math.cos(yaw_rad), math.sin(yaw_rad)
    return c * x + s * y, c * y - s * x
