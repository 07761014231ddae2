"""An IMU that is further off than training had it."""

from __future__ import annotations

from liquid_control.contract import NotNegative

from ..sensors.imu import Imu
from ..settings import WorldSettings
from . import Condition, change_parts


class ImuBias(Condition, frozen=True):
    """The biases of the IMU are five times those of training."""

    gyro_bias_rad_s: NotNegative = 0.05
    accelerometer_bias_m_s2: NotNegative = 0.5

    def change(self, settings: WorldSettings) -> WorldSettings:
        """Return the world with such an IMU."""
        return change_parts(
            settings,
            "sensors",
            Imu,
            gyro_bias_rad_s=self.gyro_bias_rad_s,
            accelerometer_bias_m_s2=self.accelerometer_bias_m_s2,
        )
