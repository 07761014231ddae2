"""The world's sensor frames as ROS messages."""

from __future__ import annotations

import array
import math

from builtin_interfaces.msg import Time
from nav_msgs.msg import Odometry
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import Image as ImageMessage
from sensor_msgs.msg import Imu as ImuMessage

from liquid_control.contract import Image, ImuSample
from liquid_control.nodes.conversions import to_stamp

from .camera import CameraSettings
from .tasks.fly_to_target import VehicleState

CAMERA_FRAME = "camera_optical_frame"
BODY_FRAME = "base_link"
WORLD_FRAME = "odom"


def to_image(image: Image, stamp_ns: int) -> ImageMessage:
    """Return an rgb8 image message."""
    message = ImageMessage(
        height=image.shape[0], width=image.shape[1], encoding="rgb8", step=image.shape[1] * 3
    )
    _head(message, stamp_ns, CAMERA_FRAME)
    data = array.array("B")
    data.frombytes(image.tobytes())
    message.data = data
    return message


def to_camera_info(settings: CameraSettings, stamp_ns: int) -> CameraInfo:
    """Return the pinhole calibration of the simulated camera."""
    focal = settings.width / 2 / math.tan(math.radians(settings.horizontal_fov_deg) / 2)
    cx, cy = settings.width / 2, settings.height / 2
    message = CameraInfo(
        height=settings.height, width=settings.width, distortion_model="plumb_bob", d=[0.0] * 5
    )
    _head(message, stamp_ns, CAMERA_FRAME)
    message.k = [focal, 0.0, cx, 0.0, focal, cy, 0.0, 0.0, 1.0]
    message.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    message.p = [focal, 0.0, cx, 0.0, 0.0, focal, cy, 0.0, 0.0, 0.0, 1.0, 0.0]
    return message


def to_imu(sample: ImuSample, offset_ns: int) -> ImuMessage:
    """Return an IMU message in the body frame; it gives no orientation."""
    message = ImuMessage()
    _head(message, sample.stamp_ns + offset_ns, BODY_FRAME)
    message.orientation_covariance[0] = -1.0
    w, a = message.angular_velocity, message.linear_acceleration
    w.x, w.y, w.z = sample.gyro_rad_s
    a.x, a.y, a.z = sample.accelerometer_m_s2
    return message


def to_odometry(state: VehicleState, stamp_ns: int) -> Odometry:
    """Return the true pose in the world and the velocity in the heading-aligned body frame."""
    message = Odometry(child_frame_id=BODY_FRAME)
    _head(message, stamp_ns, WORLD_FRAME)
    position, orientation = message.pose.pose.position, message.pose.pose.orientation
    position.x, position.y, position.z = state.position_m
    orientation.z, orientation.w = math.sin(state.yaw_rad / 2), math.cos(state.yaw_rad / 2)
    c, s = math.cos(state.yaw_rad), math.sin(state.yaw_rad)
    vx, vy, vz = state.velocity_m_s
    linear = message.twist.twist.linear
    linear.x, linear.y, linear.z = c * vx + s * vy, c * vy - s * vx, vz
    return message


def _head(
    message: ImageMessage | CameraInfo | ImuMessage | Odometry, stamp_ns: int, frame: str
) -> None:
    stamp: Time = to_stamp(stamp_ns)
    message.header.stamp = stamp
    message.header.frame_id = frame
