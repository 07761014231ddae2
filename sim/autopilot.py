"""The inner loop that a real autopilot would be: velocity and yaw rate to four thrusts.

Plain Python floats: for one vehicle they are several times faster than arrays.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from liquid_control.contract import Command

GRAVITY_M_S2 = 9.81


@dataclass(frozen=True)
class AutopilotSettings:
    """Vehicle constants and gains of the cascade, SI units."""

    mass_kg: float = 1.3
    inertia_kg_m2: tuple[float, float, float] = (0.012, 0.012, 0.022)
    arm_m: float = 0.15
    drag_torque_m: float = 0.016
    max_thrust_n: float = 8.0
    velocity_gain: float = 3.0
    velocity_integral_gain: float = 1.5
    attitude_gain: float = 9.0
    rate_gain: float = 22.0
    yaw_gain: float = 8.0
    max_acceleration_m_s2: float = 5.0


class Autopilot:
    """Velocity PI, thrust vector, attitude P, rate P, mixer; one instance a vehicle."""

    def __init__(self, settings: AutopilotSettings | None = None) -> None:
        self.settings = settings or AutopilotSettings()
        self.reset()

    def reset(self) -> None:
        """Forget the wind that the integral has learned."""
        self._integral = [0.0, 0.0, 0.0]

    def step(
        self,
        command: Command,
        quaternion: Sequence[float],
        velocity_world_m_s: Sequence[float],
        rates_body_rad_s: Sequence[float],
        dt_s: float,
    ) -> tuple[float, float, float, float]:
        """Return motor thrusts in newtons: front left, rear left, rear right, front right.

        Args:
            command: heading-aligned velocity and yaw rate.
            quaternion: body to world, (w, x, y, z).
            velocity_world_m_s: ENU velocity.
            rates_body_rad_s: angular velocity, FLU.
            dt_s: time since the previous call.
        """
        s = self.settings
        w, x, y, z = quaternion
        body_x = (1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y))
        body_y = (2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x))
        body_z = (2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y))
        force = self._force(command, math.atan2(body_x[1], body_x[0]), velocity_world_m_s, dt_s)

        norm = math.sqrt(force[0] ** 2 + force[1] ** 2 + force[2] ** 2)
        wanted_x = _dot(force, body_x) / norm
        wanted_y = _dot(force, body_y) / norm
        roll_rate = -s.attitude_gain * wanted_y + command.yaw_rate_rad_s * body_x[2]
        pitch_rate = s.attitude_gain * wanted_x + command.yaw_rate_rad_s * body_y[2]
        yaw_rate = command.yaw_rate_rad_s * body_z[2]

        p, q, r = rates_body_rad_s
        jx, jy, jz = s.inertia_kg_m2
        torque_x = jx * s.rate_gain * (roll_rate - p) + (jz - jy) * q * r
        torque_y = jy * s.rate_gain * (pitch_rate - q) + (jx - jz) * p * r
        torque_z = jz * s.yaw_gain * (yaw_rate - r)
        return self._mix(max(0.0, _dot(force, body_z)), torque_x, torque_y, torque_z)

    def _force(
        self, command: Command, heading: float, velocity: Sequence[float], dt_s: float
    ) -> tuple[float, float, float]:
        """Return the world force in newtons that tracks the commanded velocity."""
        s = self.settings
        c, n = math.cos(heading), math.sin(heading)
        wanted = (
            c * command.forward_m_s - n * command.left_m_s,
            n * command.forward_m_s + c * command.left_m_s,
            command.up_m_s,
        )
        acceleration = []
        for i in range(3):
            error = wanted[i] - velocity[i]
            a = s.velocity_gain * error + self._integral[i]
            if abs(a) < s.max_acceleration_m_s2:
                self._integral[i] += s.velocity_integral_gain * error * dt_s
            acceleration.append(_clip(a, s.max_acceleration_m_s2))
        ax, ay, az = acceleration
        return (s.mass_kg * ax, s.mass_kg * ay, s.mass_kg * (az + GRAVITY_M_S2))

    def _mix(
        self, thrust: float, torque_x: float, torque_y: float, torque_z: float
    ) -> tuple[float, float, float, float]:
        s = self.settings
        t = thrust / 4
        x, y, z = (
            torque_x / (4 * s.arm_m),
            torque_y / (4 * s.arm_m),
            torque_z / (4 * s.drag_torque_m),
        )
        top = s.max_thrust_n
        return (
            min(top, max(0.0, t + x - y - z)),
            min(top, max(0.0, t + x + y + z)),
            min(top, max(0.0, t - x + y - z)),
            min(top, max(0.0, t - x - y + z)),
        )


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def _clip(value: float, limit: float) -> float:
    return max(-limit, min(limit, value))
