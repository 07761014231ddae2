"""sensor_msgs/Imu as inertial samples."""

from __future__ import annotations

from typing import Any, ClassVar

from sensor_msgs.msg import Imu

from ...contract import ImuSample, InputCard
from ...errors import ConfigError
from ...safety.faults import Fault
from ..conversions import to_ns
from .base import Source


class ImuSource(Source):
    """An IMU whose axes are the body's, FLU."""

    message: ClassVar[type] = Imu
    depth: ClassVar[int] = 50
    fault: ClassVar[Fault] = Fault.IMU_INVALID

    def __init__(self, name: str, card: InputCard) -> None:
        super().__init__(name, card)
        self._frame_id: str | None = None

    def to_value(self, message: Any) -> ImuSample:
        """Return the sample of a message.

        Raises:
            ConfigError: the driver says that a sensor is missing, or two IMUs publish.
        """
        for word, covariance in (
            ("gyroscope", message.angular_velocity_covariance),
            ("accelerometer", message.linear_acceleration_covariance),
        ):
            if covariance[0] == -1.0:
                raise ConfigError(f"the driver says with covariance -1 that it has no {word}")
        frame_id = message.header.frame_id
        if self._frame_id is None:
            self._frame_id = frame_id
        elif frame_id != self._frame_id:
            raise ConfigError(f"two IMUs publish: '{self._frame_id}' and '{frame_id}'")
        w, a = message.angular_velocity, message.linear_acceleration
        return ImuSample(to_ns(message.header.stamp), (w.x, w.y, w.z), (a.x, a.y, a.z))
