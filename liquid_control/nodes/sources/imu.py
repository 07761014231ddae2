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
from ..static_frames import KEPT, TOPIC, StaticFrames, tf_message
from .base import Source, Take

TF = "tf"
"""Of a mounting that the robot's description says."""


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
        if text != TF:
            _angles(text)
    except ValueError:
        return (
            f"imu mounting: expected roll, pitch and yaw in degrees such as '180 0 90', or "
            f"'{TF}', found '{text}'"
        )
    return ""


class ImuSource(Source):
    """An IMU whose axes are the body's, FLU, or stand to them as a parameter or tf says."""

    message: ClassVar[type] = Imu
    depth: ClassVar[int] = 50
    fault: ClassVar[Fault] = Fault.IMU_INVALID

    def __init__(self, name: str, card: InputCard) -> None:
        super().__init__(name, card)
        self._frame_id: str | None = None
        self._to_body: Quaternion | None = None
        self._frames: StaticFrames | None = None

    def settings(self) -> list[Setting]:
        """Return the parameters of how it is mounted."""
        text = f"roll, pitch and yaw of the IMU in the body FLU, degrees, as in a URDF; or {TF}"
        body = f"with mounting {TF}: the frame of the body, FLU"
        return [
            Setting(f"{self.name}.mounting", "0 0 0", text, refuses=_refuse_mounting),
            Setting(f"{self.name}.body_frame", "base_link", body),
        ]

    def open(self, node: Node, take: Take, lockstep: bool) -> None:
        """Subscribe, and read how it is mounted.

        Raises:
            ConfigError: the robot's description is to say it, and tf2_msgs is not installed.
        """
        mounting, self._body = (node.get_parameter(s.name).value for s in self.settings())
        self._to_body = self._frames = None
        if mounting == TF:
            self._frames = StaticFrames()
            self.subscribe(node, tf_message(), TOPIC, self._described, KEPT)
        elif any(angles := _angles(mounting)):
            self._to_body = of_angles(*angles)
        super().open(node, take, lockstep)

    def _described(self, message: Any) -> None:
        assert self._frames is not None
        self._frames.take(message)
        self._to_body = None

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
        if self._frames is not None and self._to_body is None:
            self._to_body = self._frames.rotation(self._body, frame_id)
            if self._to_body is None:
                raise ConfigError(
                    f"{TOPIC} does not say how '{frame_id}' stands on '{self._body}'; start "
                    f"robot_state_publisher, or give {self.name}.mounting in degrees"
                )
        w, a = message.angular_velocity, message.linear_acceleration
        turning, pushing = (w.x, w.y, w.z), (a.x, a.y, a.z)
        if self._to_body is not None:
            turning, pushing = rotate(self._to_body, turning), rotate(self._to_body, pushing)
        return ImuSample(to_ns(message.header.stamp), turning, pushing)
