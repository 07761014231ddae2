"""REP 147 velocity command: geometry_msgs/TwistStamped in the body frame."""

from __future__ import annotations

from geometry_msgs.msg import TwistStamped

from ..contract import NANOSECONDS, Command


def to_twist(command: Command, stamp_ns: int, frame_id: str) -> TwistStamped:
    """Return the message of a command: linear forward, left, up in m/s, angular z in rad/s."""
    message = TwistStamped()
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, NANOSECONDS)
    message.header.frame_id = frame_id
    linear, angular = message.twist.linear, message.twist.angular
    linear.x, linear.y, linear.z, angular.z = command.as_tuple()
    return message


def from_twist(message: TwistStamped) -> tuple[Command, int]:
    """Return the command of a message and its stamp in nanoseconds."""
    twist, stamp = message.twist, message.header.stamp
    command = Command(twist.linear.x, twist.linear.y, twist.linear.z, twist.angular.z)
    return command, stamp.sec * NANOSECONDS + stamp.nanosec
