"""sensor_msgs/Imu as inertial samples."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from rclpy.node import Node
from sensor_msgs.msg import Imu

from ...contract import ImuSample, InputCard
from ...errors import ConfigError
from ...parameters import Setting
from ...safety.faults import Fault
from ..conversions import to_ns
from ..rotations import Quaternion, of_angles, rotate
from .base import Source, Take


def _angles(text: str) -> tuple[float, float, float]:
    """Return roll, pitch and yaw in radians of three numbers in degrees.

    Raises:
        ValueError: it is something else.
    """
    roll, pitch, yaw = (math.radians(float(word)) for word in text.split())
    if not all(map(math.isfinite, (roll, pitch, yaw))):
        raise ValueError
    return roll, pitch, yaw


def _refuse_mounting(text: str) -> str:
    try:
        _angles(text)
    except ValueError:
        return (
            f"imu mounting: expected roll, pitch and yaw in degrees such as '180 0 90', "
            f"found '{text}'"
        )
    return ""


class ImuSource(Source):
    """An IMU whose axes are the body's, FLU, or stand to them as a parameter says."""

    message: ClassVar[type] = Imu
    depth: ClassVar[int] = 50
    fault: ClassVar[Fault] = Fault.IMU_INVALID

    def __init__(self, name: str, card: InputCard) -> None:
        super().__init__(name, card)
        self._frame_id: str | None = None
        self._to_body: Quaternion | None = None

    def settings(self) -> list[Setting]:
        """Return the parameter of how it is mounted."""
        text = "roll, pitch and yaw of the IMU in the body FLU, degrees, as a URDF has them"
        return [Setting(f"{self.name}.mounting", "0 0 0", text, refuses=_refuse_mounting)]

    def open(self, node: Node, take: Take, lockstep: bool) -> None:
        """Subscribe, and read how it is mounted."""
        angles = _angles(node.get_parameter(self.settings()[0].name).value)
        self._to_body = of_angles(*angles) if any(angles) else None
        super().open(node, take, lockstep)

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
        turning, pushing = (w.x, w.y, w.z), (a.x, a.y, a.z)
        if self._to_body is not None:
            turning, pushing = rotate(self._to_body, turning), rotate(self._to_body, pushing)
        return ImuSample(to_ns(message.header.stamp), turning, pushing)
