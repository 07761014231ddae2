"""REP 147 velocity command: geometry_msgs/TwistStamped, or Twist, in the body frame."""

from __future__ import annotations

from typing import ClassVar

from geometry_msgs.msg import Twist, TwistStamped
from rclpy.lifecycle import LifecycleNode

from ..contract import NANOSECONDS, Command
from ..parameters import Setting, value
from .base import Platform

STAMPED = Setting("stamped", True, "publish TwistStamped; false: Twist, for older ground robots")


class TwistPlatform(Platform):
    """Anything that follows a velocity on the topic ``command_velocity``."""

    accepts: ClassVar[frozenset[str]] = frozenset({"velocity"})

    def settings(self) -> list[Setting]:
        """Return whether the message has a stamp."""
        return [STAMPED]

    def open(self, node: LifecycleNode, frame_id: str) -> None:
        """Make the publisher, reliable."""
        self._node, self._frame_id = node, frame_id
        self._stamped = value(node, STAMPED)
        message = TwistStamped if self._stamped else Twist
        self._publisher = node.create_lifecycle_publisher(message, "command_velocity", 1)

    def publish(self, command: Command, stamp_ns: int) -> None:
        """Send a command with the stamp of the reading that it answers."""
        message = to_twist(command, stamp_ns, self._frame_id)
        self._publisher.publish(message if self._stamped else message.twist)

    def close(self) -> None:
        """Take the publisher back."""
        self._node.destroy_publisher(self._publisher)


def to_twist(command: Command, stamp_ns: int, frame_id: str) -> TwistStamped:
    """Return the message of a command: linear forward, left, up in m/s, angular z in rad/s."""
    message = TwistStamped()
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, NANOSECONDS)
    message.header.frame_id = frame_id
    linear, angular = message.twist.linear, message.twist.angular
    linear.x, linear.y, linear.z, angular.z = command.values
    return message


def from_twist(message: TwistStamped) -> tuple[Command, int]:
    """Return the command of a message and its stamp in nanoseconds."""
    linear, stamp = message.twist.linear, message.header.stamp
    values = (linear.x, linear.y, linear.z, message.twist.angular.z)
    return Command(values), stamp.sec * NANOSECONDS + stamp.nanosec
