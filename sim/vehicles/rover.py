"""A rover on two driven wheels and two casters, whose wheels roll and slip on the ground.

Plain Python floats: for one vehicle they are several times faster than arrays.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib import resources

import mujoco
import numpy as np
from numpy.random import Generator

from liquid_control.contract import (
    Command,
    CommandCard,
    NotNegative,
    Positive,
    Range,
    velocity_card,
)

from ..layout import Layout
from . import Body, Truth, Vehicle

WHEELS = ("left_wheel", "right_wheel")
ROLLING = (*WHEELS, "left_caster", "right_caster")
GROUND = (mujoco.mjtGeom.mjGEOM_PLANE, mujoco.mjtGeom.mjGEOM_HFIELD)
REST_HEIGHT_M = 0.0997
"""Of the axle over the ground where the weight and the wheels' springs are in balance."""
YAW_INTEGRAL_TOP_RAD_S = 0.4


class Rover(Vehicle, frozen=True):
    """A rover that takes forward speed and yaw rate; its model is ``assets/rover.xml``.

    Attributes:
        load: share of the chassis' mass that it weighs, drawn once a flight.
        grip: friction of the wheels on the ground, likewise.
        motor_lag_s: time constant of the motors, likewise.
        yaw_gain: share of the gyroscope's error by which the wheels are corrected.
        yaw_integral_gain_hz: how fast that correction grows while the error lasts.
        max_forward_m_s: of the command, ahead and back.
        max_yaw_rate_rad_s: of the command, left and right.
    """

    load: Range = (0.9, 1.3)
    grip: Range = (0.6, 1.0)
    motor_lag_s: Range = (0.04, 0.08)
    yaw_gain: NotNegative = 0.3
    yaw_integral_gain_hz: NotNegative = 2.0
    max_forward_m_s: Positive = 1.2
    max_yaw_rate_rad_s: Positive = 1.5

    @property
    def command(self) -> CommandCard:
        """Velocities and yaw rate; it cannot move sideways or up."""
        return velocity_card(
            self.max_forward_m_s,
            0.0,
            0.0,
            self.max_yaw_rate_rad_s,
            acceleration_m_s2=2.0,
            yaw_acceleration_rad_s2=6.0,
        )

    def spec(self) -> mujoco.MjSpec:
        """Return the model of the rover."""
        file = resources.files("liquid_control_sim").joinpath("assets/rover.xml")
        return mujoco.MjSpec.from_string(file.read_text())

    def open(self, model: mujoco.MjModel, data: mujoco.MjData) -> RoverBody:
        """Return the rover in a compiled model."""
        return RoverBody(model, data)

    def structure(self) -> type:
        """No setting is part of the model."""
        return type(self)


class RoverBody(Body):
    """Wheel speeds from the command, corrected by the gyroscope where a wheel slips."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        self._model, self._data = model, data
        joint = model.joint("rover")
        q, v = int(joint.qposadr[0]), int(joint.dofadr[0])
        # Views of MuJoCo's own memory: asking for them anew would cost a tick much of its time.
        self._pose, self._velocity = data.qpos[q : q + 7], data.qvel[v : v + 6]
        self._motors = [model.actuator(name).id for name in WHEELS]
        self._radius_m = float(model.geom("left_wheel").size[0])
        self._half_track_m = float(model.body("left_wheel").pos[1])
        self._body = int(model.body("rover").id)
        self._chassis = float(model.body_mass[self._body]), model.body_inertia[self._body].copy()
        root = model.body_rootid[model.geom_bodyid] == self._body
        self._own: list[bool] = root.tolist()
        self._rolls = [model.geom(i).name in ROLLING and self._own[i] for i in range(model.ngeom)]
        self._is_ground: list[bool] = np.isin(model.geom_type, GROUND).tolist()

    def begin(self, vehicle: Vehicle, layout: Layout, rng: Generator) -> None:
        """Stand at the start of a layout; the ground is at height 0."""
        assert isinstance(vehicle, Rover)
        self._settings, self._integral_rad_s = vehicle, 0.0
        self._draw(vehicle, rng)
        x, y, _ = layout.start_position_m
        yaw = layout.start_yaw_rad
        self._pose[:] = (x, y, REST_HEIGHT_M, math.cos(yaw / 2), 0.0, 0.0, math.sin(yaw / 2))

    def _draw(self, vehicle: Rover, rng: Generator) -> None:
        """Draw what the rover is in this flight, which its controller does not know."""
        model, (mass_kg, inertia) = self._model, self._chassis
        load = rng.uniform(*vehicle.load)
        model.body_mass[self._body] = load * mass_kg
        model.body_inertia[self._body] = load * inertia
        grip, lag_s = rng.uniform(*vehicle.grip), rng.uniform(*vehicle.motor_lag_s)
        for name, motor in zip(WHEELS, self._motors, strict=True):
            model.geom(name).friction[0] = grip
            model.actuator_dynprm[motor, 0] = lag_s
        placed = self._data.mocap_pos.copy(), self._data.mocap_quat.copy()
        mujoco.mj_setConst(model, self._data)
        self._data.mocap_pos[:], self._data.mocap_quat[:] = placed

    def control(self, command: Command, dt_s: float) -> None:
        """Set the speeds of the wheels so that forward speed and yaw rate are tracked."""
        s, wanted = self._settings, command.values[3]
        error = wanted - _turning(self._pose[3:].tolist(), self._velocity[3:].tolist())
        grown = self._integral_rad_s + s.yaw_integral_gain_hz * error * dt_s
        self._integral_rad_s = max(-YAW_INTEGRAL_TOP_RAD_S, min(YAW_INTEGRAL_TOP_RAD_S, grown))
        turn = self._half_track_m * (wanted + s.yaw_gain * error + self._integral_rad_s)
        forward, radius = command.values[0], self._radius_m
        left, right = self._motors
        self._data.ctrl[left] = (forward - turn) / radius
        self._data.ctrl[right] = (forward + turn) / radius

    def truth(self, time_s: float) -> Truth:
        """Return the present state; its position is between the driven wheels."""
        x, y, z, *attitude = self._pose.tolist()
        vx, vy, vz, *rates = self._velocity.tolist()
        w, i, j, k = attitude
        yaw = math.atan2(2 * (i * j + w * k), 1 - 2 * (j * j + k * k))
        turning = _turning(attitude, rates)
        return Truth(time_s, (x, y, z), (vx, vy, vz), yaw, turning, (w, i, j, k))

    def touched(self) -> str | None:
        """Return what was hit: wheels and casters may touch the ground, nothing else may."""
        own, rolls, is_ground = self._own, self._rolls, self._is_ground
        for one, other in self._data.contact.geom.tolist():
            mine, hit = (one, other) if own[one] else (other, one)
            if own[mine] and not own[hit] and not (rolls[mine] and is_ground[hit]):
                body = int(self._model.body_rootid[self._model.geom_bodyid[hit]])
                return self._model.body(body).name if body else self._model.geom(hit).name
        return None


def _turning(attitude: Sequence[float], rates: Sequence[float]) -> float:
    """Return the yaw rate about the vertical of body rates, rad/s."""
    (w, i, j, k), (p, q, r) = attitude, rates
    return 2 * (i * k - w * j) * p + 2 * (j * k + w * i) * q + (1 - 2 * (i * i + j * j)) * r
