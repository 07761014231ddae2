"""nav_msgs/Odometry as heading-aligned velocity, yaw rate and height."""

from __future__ import annotations

from typing import Any, ClassVar

from nav_msgs.msg import Odometry

from ...contract import Reading
from ..conversions import to_ns
from ..rotations import heading_of, rotate, turn
from .base import Source


class OdometrySource(Source):
    """A state estimate: pose in the world, ENU; twist in the body frame, FLU (REP 147)."""

    message: ClassVar[type] = Odometry

    def to_value(self, message: Any) -> Reading:
        """Return the numbers of ``contract.inputs.ODOMETRY_FIELDS``."""
        q, twist = message.pose.pose.orientation, message.twist.twist
        attitude = (q.w, q.x, q.y, q.z)
        heading_rad = heading_of(attitude)
        v, w = twist.linear, twist.angular
        world_m_s = rotate(attitude, (v.x, v.y, v.z))
        forward_m_s, left_m_s = turn(world_m_s[0], world_m_s[1], -heading_rad)
        yaw_rate_rad_s = rotate(attitude, (w.x, w.y, w.z))[2]
        height_m = message.pose.pose.position.z
        values = (forward_m_s, left_m_s, world_m_s[2], yaw_rate_rad_s, height_m)
        return Reading(to_ns(message.header.stamp), values)
