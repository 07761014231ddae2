"""What the world's sensors measure, and its truth, as ROS messages."""

from __future__ import annotations

import array
from typing import Any

from nav_msgs.msg import Odometry
from sensor_msgs.msg import CameraInfo, JointState
from sensor_msgs.msg import Image as ImageMessage
from sensor_msgs.msg import Imu as ImuMessage
from std_msgs.msg import String

from liquid_control.contract import Frame, Goal, ImuSample, InputCard, Reading
from liquid_control.contract.goals import to_words
from liquid_control.nodes.conversions import to_stamp
from liquid_control.nodes.rotations import inverse, rotate, turn

from .vehicles import Truth

BODY_FRAME = "base_link"
WORLD_FRAME = "odom"

TYPES: dict[str, type] = {
    "image": ImageMessage,
    "imu": ImuMessage,
    "odometry": Odometry,
    "goal": String,
}
"""The message of each kind of input; any other kind is a ``JointState`` of named numbers."""


def to_message(value: Any, card: InputCard, truth: Truth, offset_ns: int = 0) -> Any:
    """Return the message of what a sensor measured.

    Args:
        value: a Frame, ImuSample, Goal or Reading.
        card: of the input.
        truth: of the present: odometry says how the vehicle stands as well.
        offset_ns: is added to the stamp.
    """
    if isinstance(value, Goal):
        return String(data=to_words(value))
    stamp_ns = value.stamp_ns + offset_ns
    if isinstance(value, Frame):
        return to_image(value, stamp_ns)
    if isinstance(value, ImuSample):
        return to_imu(value, stamp_ns)
    if card.kind == "odometry":
        return to_odometry(truth, stamp_ns, value)
    return to_joint_state(value, stamp_ns, card.settings.get("fields", []))


def to_image(frame: Frame, stamp_ns: int) -> ImageMessage:
    """Return an rgb8 image message."""
    height, width = frame.image.shape[:2]
    message = ImageMessage(height=height, width=width, encoding="rgb8", step=width * 3)
    _head(message, stamp_ns, frame.frame_id)
    data = array.array("B")
    data.frombytes(frame.image.tobytes())
    message.data = data
    return message


def to_camera_info(frame: Frame, stamp_ns: int) -> CameraInfo:
    """Return the pinhole calibration of a frame's camera; zeros where it is not known."""
    height, width = frame.image.shape[:2]
    message = CameraInfo(height=height, width=width, distortion_model="plumb_bob", d=[0.0] * 5)
    _head(message, stamp_ns, frame.frame_id)
    if frame.intrinsics is not None:
        fx, fy, cx, cy = (getattr(frame.intrinsics, name) for name in ("fx", "fy", "cx", "cy"))
        message.k = [fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0]
        message.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
        message.p = [fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0]
    return message


def to_imu(sample: ImuSample, stamp_ns: int) -> ImuMessage:
    """Return an IMU message in the body frame; it gives no orientation."""
    message = ImuMessage()
    _head(message, stamp_ns, BODY_FRAME)
    message.orientation_covariance[0] = -1.0
    w, a = message.angular_velocity, message.linear_acceleration
    w.x, w.y, w.z = sample.gyro_rad_s
    a.x, a.y, a.z = sample.accelerometer_m_s2
    return message


def to_odometry(truth: Truth, stamp_ns: int, reading: Reading | None = None) -> Odometry:
    """Return pose in the world and twist in the body frame, with the whole orientation.

    Args:
        truth: where and how the vehicle is; of the rotation only that about the vertical.
        stamp_ns: of the message.
        reading: an estimate of velocity, yaw rate and height to give instead of the truth.
    """
    message = Odometry(child_frame_id=BODY_FRAME)
    _head(message, stamp_ns, WORLD_FRAME)
    x, y, z = truth.position_m
    velocity_m_s, yaw_rate_rad_s = truth.velocity_m_s, truth.yaw_rate_rad_s
    if reading is not None:
        forward_m_s, left_m_s, up_m_s, yaw_rate_rad_s, z = reading.values
        velocity_m_s = (*turn(forward_m_s, left_m_s, truth.yaw_rad), up_m_s)
    pose, twist = message.pose.pose, message.twist.twist
    pose.position.x, pose.position.y, pose.position.z = x, y, z
    q, to_body = pose.orientation, inverse(truth.quaternion)
    q.w, q.x, q.y, q.z = truth.quaternion
    v, w = twist.linear, twist.angular
    v.x, v.y, v.z = rotate(to_body, velocity_m_s)
    w.x, w.y, w.z = rotate(to_body, (0.0, 0.0, yaw_rate_rad_s))
    return message


def to_joint_state(reading: Reading, stamp_ns: int, names: list[str]) -> JointState:
    """Return named numbers."""
    message = JointState(name=list(names), position=list(reading.values))
    _head(message, stamp_ns, BODY_FRAME)
    return message


def _head(message: Any, stamp_ns: int, frame: str) -> None:
    message.header.stamp = to_stamp(stamp_ns)
    message.header.frame_id = frame
