"""A quadrotor as a rigid body of pybullet, under four lagging motors, drag and wind.

Where it is, pybullet says. MuJoCo's data only keep the account, so that sensors, films and maps
read them as ever.
"""

from __future__ import annotations

import math

import mujoco
import numpy as np
from numpy.random import Generator

from liquid_control.contract import Command

from ...layout import Layout
from ...vehicles import Body, Truth, Vector, Vehicle
from ...vehicles.quadrotor import GRAVITY_M_S2, Quadrotor
from .autopilot import Airframe, Autopilot
from .camera import BulletCamera
from .stage import Stage, quaternion

STEPS = 2
"""Of pybullet's in one tick: 400 a second."""


class BulletQuadrotor(Body):
    """The quadrotor of a compiled model; its geometry and motors are those of its MJCF file."""

    def __init__(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        joint = int(np.flatnonzero(model.jnt_type == mujoco.mjtJoint.mjJNT_FREE)[0])
        self._root = int(model.jnt_bodyid[joint])
        q, v = int(model.jnt_qposadr[joint]), int(model.jnt_dofadr[joint])
        self._pose, self._motion = data.qpos[q : q + 7], data.qvel[v : v + 6]
        self._change = data.qacc[v : v + 6]
        self._stage = Stage(model, self._root)
        self._airframe = Airframe.of(model, self._root)
        self._autopilot = Autopilot(self._airframe)

    def begin(self, vehicle: Vehicle, layout: Layout, rng: Generator) -> None:
        """Hover at the start of a layout."""
        assert isinstance(vehicle, Quadrotor)
        self._drag_n_s_m, frame = vehicle.drag_n_s_m, self._airframe
        self._weight, self._gain = rng.uniform(*vehicle.mass), rng.uniform(*vehicle.thrust)
        lag_s = vehicle.motor_lag_s
        self._lag_s = frame.lag_s if lag_s is None else rng.uniform(*lag_s)
        yaw = layout.start_yaw_rad
        self._pose[:] = (*layout.start_position_m, math.cos(yaw / 2), 0, 0, math.sin(yaw / 2))
        self._thrusts_n = np.full(4, frame.mass_kg * GRAVITY_M_S2 / 4)
        self._autopilot.reset(yaw)

    def settle(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        """Build the stage and the vehicle."""
        mujoco.mj_forward(model, data)
        self._stage.build(data, model.opt.timestep / STEPS)
        self._body = self._build(data)
        self._read()
        self._change[:] = 0.0
        _account(model, data)

    def control(self, command: Command, dt_s: float) -> None:
        """Set the motors so that heading-aligned velocity and yaw rate are tracked."""
        state = self._turned, self._velocity, self._rates
        self._wanted_n = self._gain * self._autopilot.thrusts_n(command, *state, dt_s)

    def blow(self, air_m_s: Vector) -> None:
        """Be dragged along by the air."""
        self._air = np.array(air_m_s)

    def step(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        """Fly one tick in pybullet, and tell MuJoCo's data."""
        engine, body, tick_s = self._stage.engine, self._body, model.opt.timestep
        share = 1 - math.exp(-tick_s / STEPS / self._lag_s)
        before = self._motion.copy()
        for _ in range(STEPS):
            self._thrusts_n += share * (self._wanted_n - self._thrusts_n)
            thrust, *torque = (self._airframe.allocation @ self._thrusts_n).tolist()
            force = self._drag_n_s_m * ((self._air - self._velocity) @ self._turned)
            force[2] += thrust
            engine.applyExternalForce(body, -1, force.tolist(), [0, 0, 0], engine.LINK_FRAME)
            engine.applyExternalTorque(body, -1, torque, engine.LINK_FRAME)
            engine.stepSimulation()
            self._read()
        self._change[:] = (self._motion - before) / tick_s
        data.time += tick_s
        _account(model, data)
        self._stage.follow(data)

    def truth(self, time_s: float) -> Truth:
        """Return the present state."""
        x, y, z, w, i, j, k = self._pose.tolist()
        vx, vy, vz = self._velocity.tolist()
        yaw = math.atan2(self._turned[1, 0], self._turned[0, 0])
        turn = float(self._turned[2] @ self._rates)
        return Truth(time_s, (x, y, z), (vx, vy, vz), yaw, turn, (w, i, j, k))

    def touched(self) -> str | None:
        """Return what pybullet says that it hit."""
        for contact in self._stage.engine.getContactPoints(self._body):
            _, _, other, *_, distance_m = contact[:9]
            if distance_m <= 0.0:
                return self._stage.name(other)
        return None

    def painter(self, model: mujoco.MjModel, camera: str, width: int, height: int) -> BulletCamera:
        """Return what draws a camera's pictures of the stage."""
        return BulletCamera(self._stage, model, camera, width, height)

    def _build(self, data: mujoco.MjData) -> int:
        """Return a new rigid body of what the vehicle touches others with."""
        stage, engine = self._stage, self._stage.engine
        turned = data.xmat[self._root].reshape(3, 3)
        geoms = stage.vehicle
        places = (data.geom_xpos[geoms] - data.xpos[self._root]) @ turned
        turns = [quaternion((turned.T @ m.reshape(3, 3)).ravel()) for m in data.geom_xmat[geoms]]
        shape = stage.shapes.compound(geoms.tolist(), places, turns) if len(geoms) else -1
        body = engine.createMultiBody(
            baseMass=self._weight * self._airframe.mass_kg,
            baseCollisionShapeIndex=shape,
            basePosition=self._pose[:3].tolist(),
            baseOrientation=np.roll(self._pose[3:], -1).tolist(),
        )
        inertia = (self._weight * self._airframe.inertia).tolist()
        still = {"linearDamping": 0.0, "angularDamping": 0.0}
        engine.changeDynamics(body, -1, localInertiaDiagonal=inertia, **still)
        return int(body)

    def _read(self) -> None:
        """Take the state from pybullet into MuJoCo's coordinates."""
        engine = self._stage.engine
        position, (x, y, z, w) = engine.getBasePositionAndOrientation(self._body)
        velocity, turning = engine.getBaseVelocity(self._body)
        self._pose[:] = (*position, w, x, y, z)
        self._turned = np.array(engine.getMatrixFromQuaternion((x, y, z, w))).reshape(3, 3)
        self._velocity, self._rates = np.array(velocity), np.array(turning) @ self._turned
        self._motion[:3], self._motion[3:] = self._velocity, self._rates


def _account(model: mujoco.MjModel, data: mujoco.MjData) -> None:
    """Bring cameras, geoms and sensors to the state that ``data`` have, and to its change."""
    mujoco.mj_kinematics(model, data)
    mujoco.mj_comPos(model, data)
    mujoco.mj_camlight(model, data)
    mujoco.mj_comVel(model, data)
    mujoco.mj_sensorPos(model, data)
    mujoco.mj_sensorVel(model, data)
    mujoco.mj_rnePostConstraint(model, data)
    mujoco.mj_sensorAcc(model, data)
