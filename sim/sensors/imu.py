"""An IMU: MuJoCo's gyroscope and accelerometer with bias and noise."""

from __future__ import annotations

from typing import ClassVar

import mujoco
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from liquid_control.contract import ImuSample, InputCard, NotNegative, Range, imu_input
from liquid_control.errors import ConfigError

from ..layout import Layout
from ..vehicles import Body
from . import Probe, Sensor


class Imu(Sensor, frozen=True):
    """Angular rate and specific force in the body frame, FLU.

    Attributes:
        site: of the vehicle's model where it sits.
    """

    kind: ClassVar[str] = "imu"

    rate_hz: Range = (200.0, 200.0)
    site: str = "imu"
    gyro_noise_rad_s: NotNegative = 0.01
    gyro_bias_rad_s: NotNegative = 0.01
    accelerometer_noise_m_s2: NotNegative = 0.15
    accelerometer_bias_m_s2: NotNegative = 0.1

    def input(self) -> InputCard:
        """Return the card of an IMU."""
        return imu_input()

    def fitted(self, card: InputCard) -> Imu:
        """Return itself: every policy is given an IMU in the same form."""
        return self

    def attach(self, spec: mujoco.MjSpec, key: str) -> None:
        """Add a gyroscope and an accelerometer at the site."""
        if spec.site(self.site) is None:
            raise ConfigError(f"sensors.{key}: the vehicle's model has no site '{self.site}'")
        at = {"objtype": mujoco.mjtObj.mjOBJ_SITE, "objname": self.site}
        spec.add_sensor(name=f"{key}_gyro", type=mujoco.mjtSensor.mjSENS_GYRO, **at)
        spec.add_sensor(
            name=f"{key}_accelerometer", type=mujoco.mjtSensor.mjSENS_ACCELEROMETER, **at
        )

    def open(self, model: mujoco.MjModel, data: mujoco.MjData, body: Body, key: str) -> ImuProbe:
        """Return the IMU in a compiled model."""
        first = int(model.sensor(f"{key}_gyro").adr[0])
        return ImuProbe(data.sensordata[first : first + 6])

    def structure(self) -> tuple[type, str]:
        """Return where it sits."""
        return type(self), self.site


class ImuProbe(Probe):
    """One flight's IMU: its bias is drawn once. ``truth`` is a view of MuJoCo's own memory."""

    def __init__(self, truth: NDArray[np.float64]) -> None:
        self._truth = truth

    def begin(self, sensor: Imu, layout: Layout, rng: Generator) -> None:
        """Draw the bias."""
        self._rng = rng
        self._std = [sensor.gyro_noise_rad_s] * 3 + [sensor.accelerometer_noise_m_s2] * 3
        bias = [sensor.gyro_bias_rad_s] * 3 + [sensor.accelerometer_bias_m_s2] * 3
        self._bias = (rng.standard_normal(6) * bias).tolist()
        self._draws: list[float] = []

    def measure(self, stamp_ns: int) -> ImuSample:
        """Return gyroscope and accelerometer."""
        if len(self._draws) < 6:
            self._draws = self._rng.standard_normal(1200).tolist()
        truth, bias, std, draws = self._truth.tolist(), self._bias, self._std, self._draws
        v = [truth[i] + bias[i] + std[i] * draws.pop() for i in range(6)]
        return ImuSample(stamp_ns, (v[0], v[1], v[2]), (v[3], v[4], v[5]))
