"""A camera quadrotor under the inner loop that a real autopilot would be.

Plain Python floats: for one vehicle they are several times faster than arrays.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib import resources
from pathlib import Path

import mujoco
import numpy as np
from numpy.random import Generator

from liquid_control.contract import (
    VELOCITY,
    Command,
    CommandCard,
    NotNegative,
    Positive,
    Range,
)
from liquid_control.errors import ConfigError

from ..component import FilePath
from ..layout import Layout
from . import Body, Truth, Vector, Vehicle
from ._velocity_loop import VelocityLoop

GRAVITY_M_S2 = 9.81
MOTORS = ("front_left", "rear_left", "rear_right", "front_right")


class Quadrotor(Vehicle, frozen=True):
    """A quadrotor that takes velocities; its geometry and motors stand in an MJCF file.

    Attributes:
        mjcf: path of a model of one's own, with the free joint, motors, camera and site of
            ``assets/quadrotor.xml``; None for that one.
        mass: share of the model's mass that it weighs, which its controller does not know.
        thrust: share of the wanted thrust that its motors give, likewise.
        motor_lag_s: time constant of the motors; None for the model's.
        drag_n_s_m: force of the air for each m/s that it moves past.
    """

    mjcf: FilePath | None = None
    mass: Range = (1.0, 1.0)
    thrust: Range = (1.0, 1.0)
    motor_lag_s: Range | None = None
    drag_n_s_m: NotNegative = 0.3
    velocity_gain: Positive = 3.0
    velocity_integral_gain: NotNegative = 1.5
    attitude_gain: Positive = 9.0
    rate_gain: Positive = 22.0
    yaw_gain: Positive = 8.0
    max_acceleration_m_s2: Positive = 5.0

    @property
    def command(self) -> CommandCard:
        """Velocities and yaw rate."""
        return VELOCITY

    def spec(self) -> mujoco.MjSpec:
        """Return the model of the MJCF file.

        Raises:
            ConfigError: it cannot be read, or lacks something that a quadrotor has.
        """
        if self.mjcf is None:
            file = resources.files("liquid_control_sim").joinpath("assets/quadrotor.xml")
            return mujoco.MjSpec.from_string(file.read_text())
        if not Path(self.mjcf).is_file():
            raise ConfigError(f"vehicle model {self.mjcf} is not there; check the path")
        try:
            spec = mujoco.MjSpec.from_file(self.mjcf)
        except ValueError as error:
            reason = " ".join(str(error).split())
            raise ConfigError(f"vehicle model {self.mjcf} cannot be read: {reason}") from None
        free = [j for j in spec.joints if j.type == mujoco.mjtJoint.mjJNT_FREE]
        found = {
            "a free joint": bool(free),
            "a camera 'front'": spec.camera("front") is not None,
            "a site 'imu'": spec.site("imu") is not None,
            **{f"a motor '{name}'": spec.actuator(name) is not None for name in MOTORS},
        }
        missing = [what for what, there in found.items() if not there]
        if missing:
            raise ConfigError(f"vehicle model {self.mjcf}: expected {', '.join(missing)}; add it")
        return spec

    def open(self, model: mujoco.MjModel, data: mujoco.MjData) -> QuadrotorBody:
        """Return the quadrotor in a compiled model."""
        return QuadrotorBody(self, model, data)

    def structure(self) -> str | None:
        """Return the file: it is all that the model depends on."""
        return self.mjcf


class QuadrotorBody(Body):
    """Velocity PI, thrust vector, attitude P, rate P, mixer; and the forces of the air."""

    def __init__(self, vehicle: Quadrotor, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        self._model, self._data = model, data
        joint = int(np.flatnonzero(model.jnt_type == mujoco.mjtJoint.mjJNT_FREE)[0])
        self._body = int(model.jnt_bodyid[joint])
        q, v = int(model.jnt_qposadr[joint]), int(model.jnt_dofadr[joint])
        self._motors = [model.actuator(name).id for name in MOTORS]
        # Views of MuJoCo's own memory: asking for them anew would cost a tick much of its time.
        self._pose, self._attitude = data.qpos[q : q + 7], data.qpos[q + 3 : q + 7]
        self._velocity, self._linear = data.qvel[v : v + 6], data.qvel[v : v + 3]
        self._thrusts = data.ctrl
        self._drag = data.xfrc_applied[self._body, :3]
        self._own = model.body_rootid[model.geom_bodyid] == model.body_rootid[self._body]
        self._read_model()

    def _read_model(self) -> None:
        """Take what the controller knows of the vehicle from the model's nominal values."""
        model, first = self._model, self._motors[0]
        self._nominal = (
            model.body_mass.copy(),
            model.body_inertia.copy(),
            model.actuator_dynprm.copy(),
        )
        self._mass_kg = float(model.body_subtreemass[self._body])
        self._inertia = tuple(model.body_inertia[self._body].tolist())
        self._arm_m = abs(float(model.site_pos[model.actuator_trnid[first, 0], 0]))
        self._torque_m = abs(float(model.actuator_gear[first, 5]))
        self._top_n = float(model.actuator_ctrlrange[first, 1])

    def begin(self, vehicle: Vehicle, layout: Layout, rng: Generator) -> None:
        """Hover at the start of a layout, as after long enough for the velocity loop to settle."""
        assert isinstance(vehicle, Quadrotor)
        self._settings = vehicle
        self._loop = VelocityLoop(
            vehicle.velocity_gain, vehicle.velocity_integral_gain, vehicle.max_acceleration_m_s2
        )
        weight = self._draw(vehicle, rng)
        lift = weight / self._gain if self._gain > 0.0 else math.inf
        self._loop.settle((0.0, 0.0, GRAVITY_M_S2 * (lift - 1.0)))
        yaw = layout.start_yaw_rad
        attitude = (math.cos(yaw / 2), 0.0, 0.0, math.sin(yaw / 2))
        self._pose[:] = (*layout.start_position_m, *attitude)
        for motor in self._motors:
            if self._model.actuator_actnum[motor]:
                address = self._model.actuator_actadr[motor]
                self._data.act[address] = weight * self._mass_kg * GRAVITY_M_S2 / 4

    def _draw(self, vehicle: Quadrotor, rng: Generator) -> float:
        """Draw what the vehicle is in this flight; the controller goes on knowing the model.

        Returns:
            The share of the model's mass that it weighs.
        """
        model = self._model
        weight, self._gain = rng.uniform(*vehicle.mass), float(rng.uniform(*vehicle.thrust))
        mass, inertia, dynamics = self._nominal
        own = model.body_rootid == model.body_rootid[self._body]
        model.body_mass[:] = np.where(own, weight * mass, mass)
        model.body_inertia[:] = np.where(own[:, None], weight * inertia, inertia)
        model.actuator_dynprm[:] = dynamics
        if vehicle.motor_lag_s is not None:
            model.actuator_dynprm[self._motors, 0] = rng.uniform(*vehicle.motor_lag_s)
        if weight != 1.0 or model.body_subtreemass[self._body] != self._mass_kg:
            placed = self._data.mocap_pos.copy(), self._data.mocap_quat.copy()
            mujoco.mj_setConst(model, self._data)
            self._data.mocap_pos[:], self._data.mocap_quat[:] = placed
        return float(weight)

    def truth(self, time_s: float) -> Truth:
        """Return the present state."""
        x, y, z, w, i, j, k = self._pose.tolist()
        vx, vy, vz, p, q, r = self._velocity.tolist()
        yaw = math.atan2(2 * (i * j + w * k), 1 - 2 * (j * j + k * k))
        turn = 2 * (i * k - w * j) * p + 2 * (j * k + w * i) * q + (1 - 2 * (i * i + j * j)) * r
        return Truth(time_s, (x, y, z), (vx, vy, vz), yaw, turn, (w, i, j, k))

    def touched(self) -> str | None:
        """Return what any part of it hit."""
        if not self._data.ncon:
            return None
        model = self._model
        for one, other in self._data.contact.geom.tolist():
            if self._own[one] != self._own[other]:
                hit = other if self._own[one] else one
                body = int(model.body_rootid[model.geom_bodyid[hit]])
                return model.body(body).name if body else model.geom(hit).name
        return None

    def blow(self, air_m_s: Vector) -> None:
        """Be dragged along by the air."""
        vx, vy, vz = self._linear.tolist()
        drag, factor = self._drag, self._settings.drag_n_s_m
        drag[0] = factor * (air_m_s[0] - vx)
        drag[1] = factor * (air_m_s[1] - vy)
        drag[2] = factor * (air_m_s[2] - vz)

    def control(self, command: Command, dt_s: float) -> None:
        """Set the motors so that heading-aligned velocity and yaw rate are tracked."""
        s = self._settings
        forward, left, up, turn = command.values
        w, x, y, z = self._attitude.tolist()
        velocity = self._velocity.tolist()
        body_x = (1 - 2 * (y * y + z * z), 2 * (x * y + w * z), 2 * (x * z - w * y))
        body_y = (2 * (x * y - w * z), 1 - 2 * (x * x + z * z), 2 * (y * z + w * x))
        body_z = (2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y))
        heading = math.atan2(body_x[1], body_x[0])
        c, n = math.cos(heading), math.sin(heading)
        wanted = (c * forward - n * left, n * forward + c * left, up)
        force = self._force(wanted, velocity, dt_s)

        norm = math.sqrt(force[0] ** 2 + force[1] ** 2 + force[2] ** 2)
        wanted_x = _dot(force, body_x) / norm
        wanted_y = _dot(force, body_y) / norm
        roll_rate = -s.attitude_gain * wanted_y + turn * body_x[2]
        pitch_rate = s.attitude_gain * wanted_x + turn * body_y[2]
        yaw_rate = turn * body_z[2]

        p, q, r = velocity[3:]
        jx, jy, jz = self._inertia
        torque_x = jx * s.rate_gain * (roll_rate - p) + (jz - jy) * q * r
        torque_y = jy * s.rate_gain * (pitch_rate - q) + (jx - jz) * p * r
        torque_z = jz * s.yaw_gain * (yaw_rate - r)
        self._mix(max(0.0, _dot(force, body_z)), torque_x, torque_y, torque_z)

    def _force(self, wanted: Vector, velocity: Sequence[float], dt_s: float) -> Vector:
        """Return the world force in newtons that tracks a world velocity."""
        ax, ay, az = self._loop.acceleration(wanted, velocity, dt_s)
        mass_kg = self._mass_kg
        return (mass_kg * ax, mass_kg * ay, mass_kg * (az + GRAVITY_M_S2))

    def _mix(self, thrust: float, torque_x: float, torque_y: float, torque_z: float) -> None:
        t, top, gain, thrusts = thrust / 4, self._top_n, self._gain, self._thrusts
        x, y = torque_x / (4 * self._arm_m), torque_y / (4 * self._arm_m)
        z = torque_z / (4 * self._torque_m)
        front_left, rear_left, rear_right, front_right = self._motors
        thrusts[front_left] = gain * min(top, max(0.0, t + x - y - z))
        thrusts[rear_left] = gain * min(top, max(0.0, t + x + y + z))
        thrusts[rear_right] = gain * min(top, max(0.0, t - x + y - z))
        thrusts[front_right] = gain * min(top, max(0.0, t - x - y + z))


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
