"""An autopilot of its own: velocity, attitude and rates in a cascade, with the heading held."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from liquid_control.contract import Command

from ...vehicles.quadrotor import GRAVITY_M_S2, MOTORS

Array = NDArray[np.float64]
VELOCITY_GAIN_HZ = np.array([2.2, 2.2, 3.5])
INTEGRAL_GAIN_HZ2 = np.array([1.0, 1.0, 2.5])
ATTITUDE_GAIN_HZ = np.array([7.0, 7.0, 3.0])
RATE_GAIN_HZ = np.array([18.0, 18.0, 7.0])
MOST_TILT = math.tan(math.radians(28))
MOST_VERTICAL_M_S2 = 4.0
HEADING_LEAD_RAD = 0.3
"""How far the heading that is wanted may be ahead of the one that is."""


@dataclass(frozen=True)
class Airframe:
    """A quadrotor as its model describes it.

    Attributes:
        inertia: (3,) kg m2 about the body's axes.
        allocation: (4, 4) thrust and three torques, in N and Nm, of one newton of each motor.
        top_n: the most that a motor gives.
        lag_s: time constant of the motors.
    """

    mass_kg: float
    inertia: Array
    allocation: Array
    top_n: float
    lag_s: float

    @classmethod
    def of(cls, model: mujoco.MjModel, body: int) -> Airframe:
        """Return that of a compiled model; its centre of mass is its origin."""
        motors = [model.actuator(name).id for name in MOTORS]
        columns = []
        for motor in motors:
            gear, site = model.actuator_gear[motor], model.actuator_trnid[motor, 0]
            torque = np.cross(model.site_pos[site], gear[:3]) + gear[3:]
            columns.append([gear[2], *torque])
        return cls(
            float(model.body_subtreemass[body]),
            model.body_inertia[body].copy(),
            np.array(columns).T,
            float(model.actuator_ctrlrange[motors[0], 1]),
            float(model.actuator_dynprm[motors[0], 0]),
        )


class Autopilot:
    """Tracks heading-aligned velocity and yaw rate; it knows the airframe as it should be."""

    def __init__(self, airframe: Airframe) -> None:
        self._airframe = airframe
        self._motors_of = np.linalg.inv(airframe.allocation)

    def reset(self, yaw_rad: float) -> None:
        """Begin a flight with a heading."""
        self._yaw_rad = yaw_rad
        self._integral = np.zeros(3)

    def thrusts_n(
        self, command: Command, turned: Array, velocity: Array, rates: Array, dt_s: float
    ) -> Array:
        """Return the thrust of each motor, (4,) N.

        Args:
            command: forward, left, up m/s and yaw rate rad/s.
            turned: (3, 3) body to world.
            velocity: (3,) m/s, ENU.
            rates: (3,) rad/s in the body frame.
            dt_s: since the last call.
        """
        forward, left, up, turn = command.values
        yaw = math.atan2(turned[1, 0], turned[0, 0])
        c, s = math.cos(yaw), math.sin(yaw)
        wanted = np.array([c * forward - s * left, s * forward + c * left, up])
        push = self._acceleration(wanted - velocity, dt_s)
        push[2] += GRAVITY_M_S2
        rates_wanted = self._rates(push, turned, yaw, turn, dt_s)
        inertia, mass_kg = self._airframe.inertia, self._airframe.mass_kg
        torque = inertia * RATE_GAIN_HZ * (rates_wanted - rates) + _cross(rates, inertia * rates)
        thrust = mass_kg * max(0.0, float(push @ turned[:, 2]))
        return np.clip(self._motors_of @ [thrust, *torque], 0.0, self._airframe.top_n)

    def _acceleration(self, error: Array, dt_s: float) -> Array:
        """Return the acceleration that is wanted, within what a tilt may give."""
        wanted = VELOCITY_GAIN_HZ * error + self._integral
        flat, most = math.hypot(wanted[0], wanted[1]), MOST_TILT * GRAVITY_M_S2
        if flat < most and abs(wanted[2]) < MOST_VERTICAL_M_S2:
            self._integral = self._integral + INTEGRAL_GAIN_HZ2 * dt_s * error
        wanted[:2] *= min(1.0, most / max(flat, 1e-9))
        wanted[2] = max(-MOST_VERTICAL_M_S2, min(MOST_VERTICAL_M_S2, wanted[2]))
        return wanted

    def _rates(self, push: Array, turned: Array, yaw: float, turn: float, dt_s: float) -> Array:
        """Return body rates towards the attitude that pushes so and looks along the heading."""
        ahead = math.remainder(self._yaw_rad + turn * dt_s - yaw, 2 * math.pi)
        self._yaw_rad = yaw + max(-HEADING_LEAD_RAD, min(HEADING_LEAD_RAD, ahead))
        z = push / math.hypot(*push)
        y = _cross(z, (math.cos(self._yaw_rad), math.sin(self._yaw_rad), 0.0))
        y /= math.hypot(*y)
        wanted: NDArray[Any] = turned.T @ np.array([_cross(y, z), y, z]).T
        off = wanted - wanted.T
        error = np.array([off[2, 1], off[0, 2], off[1, 0]]) / 2
        return ATTITUDE_GAIN_HZ * error + turn * turned[2]


def _cross(a: Sequence[float] | Array, b: Sequence[float] | Array) -> Array:
    """Return the product of two vectors; NumPy's own takes twenty times as long for one."""
    (x, y, z), (u, v, w) = a, b
    return np.array([y * w - z * v, z * u - x * w, x * v - y * u])
