"""Betaflight's own attitude and rate loops fly the quadrotor: its SITL, a process of its own."""

from __future__ import annotations

import mujoco

from liquid_control.contract import Positive
from liquid_control.errors import ConfigError

from ...vehicles import Body, Vehicle
from ...vehicles.quadrotor import GRAVITY_M_S2, Quadrotor
from .. import Simulator
from .angle_mode import Tuning

MOTOR_IDLE = 0.055
RATES = tuple(
    f"set {axis}_{name}"
    for axis in ("roll", "pitch", "yaw")
    for name in ("rc_rate = 20", "srate = 20", "expo = 0")
)
SETTINGS = (
    "aux 0 0 0 1700 2100 0 0",  # arm
    "aux 1 1 1 1700 2100 0 0",  # angle
    "set acc_calibration = 0,0,0,1",
    "set yaw_motors_reversed = ON",
    "set small_angle = 180",
    "set pid_process_denom = 4",
    "set rates_type = ACTUAL",
    *RATES,
    "set rc_smoothing = OFF",
    "set angle_limit = 45",
    "set angle_p_gain = 90",
    "set motor_idle = 550",
    "set p_yaw = 150",  # a camera drone's rotors turn it far more weakly than a racer's
    "set i_yaw = 40",
)
"""Of the firmware; everything else is as it comes."""


class Betaflight(Simulator, frozen=True):
    """MuJoCo moves the quadrotor, and a real firmware its motors.

    Attributes:
        gain_1_s: of the velocity loop that moves the firmware's sticks.
        integral_gain_1_s2: likewise.
    """

    gain_1_s: Positive = 2.2
    integral_gain_1_s2: Positive = 0.5

    def open(self, vehicle: Vehicle, model: mujoco.MjModel, data: mujoco.MjData) -> Body:
        """Return the quadrotor in a compiled model, the firmware configured for it.

        Raises:
            ConfigError: it is no quadrotor, or the firmware or a C compiler is not installed.
        """
        if not isinstance(vehicle, Quadrotor):
            raise ConfigError(
                f"the simulator betaflight expected a quadrotor, found a "
                f"{type(vehicle).__name__.lower()}; choose a flying task"
            )
        from .body import BetaflightBody
        from .firmware import Firmware

        return BetaflightBody(vehicle, model, data, Firmware(SETTINGS), self._tuning(model))

    def _tuning(self, model: mujoco.MjModel) -> Tuning:
        """Return what the velocity loop knows: the nominal vehicle, and the settings above."""
        top_n = float(model.actuator("front_left").ctrlrange[1])
        mass_kg = float(model.body("quadrotor").subtreemass[0])
        speed = (mass_kg * GRAVITY_M_S2 / 4 / top_n) ** 0.5
        return Tuning(
            hover_throttle=(speed - MOTOR_IDLE) / (1 - MOTOR_IDLE),
            idle=MOTOR_IDLE,
            gain_1_s=self.gain_1_s,
            integral_gain_1_s2=self.integral_gain_1_s2,
        )
