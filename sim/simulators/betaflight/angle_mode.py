"""From a wanted velocity to the sticks of an angle mode: what a person's thumbs would do.

A racing firmware holds angles and turning rates, and knows of no velocity. The velocity loop is
therefore flown here: a PI on the velocity gives an acceleration, the direction of the thrust that
gives it is two angles, and its size is a throttle.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from liquid_control.contract import Command

from ...vehicles import Vector
from ...vehicles._velocity_loop import VelocityLoop

GRAVITY_M_S2 = 9.80665
LOWEST_US, MIDDLE_US, HIGHEST_US = 1000, 1500, 2000


@dataclass(frozen=True)
class Sticks:
    """Where four sticks stand, in shares of their way.

    Attributes:
        roll: -1 to 1, to the right.
        pitch: -1 to 1, forward, which is nose down.
        throttle: 0 to 1.
        yaw: -1 to 1, to the right, which is clockwise seen from above.
    """

    roll: float
    pitch: float
    throttle: float
    yaw: float


@dataclass(frozen=True)
class Tuning:
    """What the controller knows of the vehicle and of the firmware's settings.

    Attributes:
        max_angle_deg: of a stick at its end; Betaflight's ``angle_limit``.
        max_yaw_rate_deg_s: likewise.
        hover_throttle: share of the throttle's way at which the vehicle hovers.
        idle: share of full speed at which motors turn at no throttle; ``motor_idle``.
        gain_1_s: of the velocity's error.
        integral_gain_1_s2: of what is left of it.
        max_acceleration_m_s2: on each axis.
    """

    max_angle_deg: float = 45.0
    max_yaw_rate_deg_s: float = 200.0
    hover_throttle: float = 0.6
    idle: float = 0.055
    gain_1_s: float = 2.2
    integral_gain_1_s2: float = 0.8
    max_acceleration_m_s2: float = 5.0


class VelocitySticks:
    """The velocity loop of one flight.

    Attributes:
        tuning: of vehicle and firmware.
    """

    def __init__(self, tuning: Tuning) -> None:
        self.tuning = tuning
        self._loop = VelocityLoop(
            tuning.gain_1_s, tuning.integral_gain_1_s2, tuning.max_acceleration_m_s2
        )

    def reset(self) -> None:
        """Begin a flight."""
        self._loop.reset()

    def sticks(self, command: Command, velocity_m_s: Vector, dt_s: float) -> Sticks:
        """Return where the sticks belong until the next call.

        Args:
            command: forward, left, up in m/s of the heading, and a yaw rate in rad/s.
            velocity_m_s: the present one, of the heading likewise.
            dt_s: until the next call.
        """
        forward, left, up = self._loop.acceleration(command.values, velocity_m_s, dt_s)
        return sticks_of((forward, left, up), command.values[3], self.tuning)


def sticks_of(acceleration_m_s2: Vector, yaw_rate_rad_s: float, tuning: Tuning) -> Sticks:
    """Return the sticks that accelerate a vehicle so, beside gravity.

    Args:
        acceleration_m_s2: forward, left, up of the heading.
        yaw_rate_rad_s: counter-clockwise seen from above.
        tuning: of vehicle and firmware.
    """
    forward, left, up = acceleration_m_s2
    lift = max(up + GRAVITY_M_S2, 0.1 * GRAVITY_M_S2)
    pitch_deg = math.degrees(math.atan2(forward, lift))
    roll_deg = math.degrees(math.atan2(-left, math.hypot(forward, lift)))
    share = math.sqrt(forward**2 + left**2 + lift**2) / GRAVITY_M_S2
    hovering = tuning.idle + (1 - tuning.idle) * tuning.hover_throttle
    speed = hovering * math.sqrt(share)  # a rotor's thrust goes with the square of its speed
    return Sticks(
        _within(roll_deg / tuning.max_angle_deg, 1.0),
        _within(pitch_deg / tuning.max_angle_deg, 1.0),
        min(1.0, max(0.0, (speed - tuning.idle) / (1 - tuning.idle))),
        _within(-math.degrees(yaw_rate_rad_s) / tuning.max_yaw_rate_deg_s, 1.0),
    )


def channels_us(sticks: Sticks, least_throttle_us: int) -> tuple[int, int, int, int]:
    """Return the four channels roll, pitch, throttle and yaw in microseconds.

    Args:
        sticks: where they stand.
        least_throttle_us: that counts as no throttle; Betaflight's ``min_check``.
    """
    half = HIGHEST_US - MIDDLE_US
    return (
        MIDDLE_US + round(half * sticks.roll),
        MIDDLE_US + round(half * sticks.pitch),
        least_throttle_us + round((HIGHEST_US - least_throttle_us) * sticks.throttle),
        MIDDLE_US + round(half * sticks.yaw),
    )


def _within(value: float, top: float) -> float:
    return min(top, max(-top, value))
