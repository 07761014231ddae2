"""A quadrotor of MuJoCo whose motors a real firmware drives, a thousand times a second."""

from __future__ import annotations

import math

import mujoco
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from liquid_control.contract import Command

from ...layout import Layout
from ...vehicles import Vector, Vehicle
from ...vehicles.quadrotor import Quadrotor, QuadrotorBody
from .angle_mode import GRAVITY_M_S2, Tuning, VelocitySticks, channels_us
from .firmware import Firmware, FirmwareError, Flying
from .packets import State

UP_M_S2 = np.array((0.0, 0.0, GRAVITY_M_S2))
STEPS = 5
"""Of the firmware and of MuJoCo in one tick."""
SETTLE_S, ARM_WITHIN_S, HOVER_S = 6.0, 5.0, 1.0
MIN_CHECK_US, SWITCH_US, OFF_US = 1050, 2000, 1000


class BetaflightBody(QuadrotorBody):
    """Velocity loop outside, angles, rates and mixer in the firmware, forces in MuJoCo."""

    def __init__(
        self,
        vehicle: Quadrotor,
        model: mujoco.MjModel,
        data: mujoco.MjData,
        firmware: Firmware,
        tuning: Tuning,
    ) -> None:
        super().__init__(vehicle, model, data)
        self._firmware = firmware
        self._flying: Flying | None = None
        joint = int(np.flatnonzero(model.jnt_type == mujoco.mjtJoint.mjJNT_FREE)[0])
        v = int(model.jnt_dofadr[joint])
        self._acceleration = data.qacc[v : v + 3]
        self._step_s = model.opt.timestep / STEPS
        self._thumbs = VelocitySticks(tuning)

    def begin(self, vehicle: Vehicle, layout: Layout, rng: Generator) -> None:
        """Hold the vehicle at the start until the firmware is armed and its motors hover."""
        super().begin(vehicle, layout, rng)
        self._thumbs.reset()
        if self._flying is not None:
            self._flying.stop()
        self._flying = self._firmware.start()
        self._arm()

    def control(self, command: Command, dt_s: float) -> None:
        """Move the sticks so that heading-aligned velocity and yaw rate are tracked."""
        w, x, y, z = self._attitude.tolist()
        heading = math.atan2(2 * (x * y + w * z), 1 - 2 * (y * y + z * z))
        vx, vy, vz = self._linear.tolist()
        c, s = math.cos(heading), math.sin(heading)
        sticks = self._thumbs.sticks(command, (c * vx + s * vy, c * vy - s * vx, vz), dt_s)
        self._channels_us = (*channels_us(sticks, MIN_CHECK_US), SWITCH_US, SWITCH_US)

    def step(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        """Fly one tick, a fifth at a time."""
        tick_s = model.opt.timestep
        model.opt.timestep = self._step_s
        for _ in range(STEPS):
            speeds = self._exchange(self._channels_us)
            for motor, speed in zip(self._motors, speeds, strict=True):
                self._thrusts[motor] = self._gain * self._top_n * speed**2
            mujoco.mj_step(model, data)
        model.opt.timestep = tick_s

    def _arm(self) -> None:
        """Switch on, arm and let the motors turn as fast as hovering needs.

        Raises:
            FirmwareError: the firmware does not arm.
        """
        self._acceleration[:] = 0.0
        down, tuning = (1500, 1500, OFF_US, 1500), self._thumbs.tuning
        self._wait(SETTLE_S, (*down, OFF_US, SWITCH_US))
        for _ in range(round(ARM_WITHIN_S / self._step_s)):
            if min(self._exchange((*down, SWITCH_US, SWITCH_US))) > 0.01:
                break
        else:
            raise FirmwareError(
                f"Betaflight did not arm within {ARM_WITHIN_S:.0f} s; see docs/betaflight.md"
            )
        self._wait(0.2, (*down, SWITCH_US, SWITCH_US))
        hover = MIN_CHECK_US + round((2000 - MIN_CHECK_US) * tuning.hover_throttle)
        self._wait(HOVER_S, (1500, 1500, hover, 1500, SWITCH_US, SWITCH_US))

    def _wait(self, seconds: float, channels: tuple[int, ...]) -> None:
        for _ in range(round(seconds / self._step_s)):
            self._exchange(channels)

    def _exchange(self, channels: tuple[int, ...]) -> tuple[float, float, float, float]:
        """Tell the firmware the present state; return the speeds of the motors, 0 to 1."""
        assert self._flying is not None
        turned = np.empty(9)
        mujoco.mju_quat2Mat(turned, self._attitude)
        felt = turned.reshape(3, 3).T @ (self._acceleration + UP_M_S2)
        state = State(
            _vector(self._velocity[3:]),
            _vector(felt),
            _quaternion(self._attitude),
            _vector(self._linear),
            _vector(self._pose[:3]),
        )
        return self._flying.exchange(state, channels, self._step_s)


def _vector(values: NDArray[np.float64]) -> Vector:
    x, y, z = values.tolist()
    return (x, y, z)


def _quaternion(values: NDArray[np.float64]) -> tuple[float, float, float, float]:
    w, x, y, z = values.tolist()
    return (w, x, y, z)
