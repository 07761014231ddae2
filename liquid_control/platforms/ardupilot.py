"""ArduPilot over its own DDS: velocities in the world on ``/ap/cmd_vel``, while it is GUIDED.

Its frame ``base_link`` is turned by the whole attitude, so that a copter that leans forward would
climb. Commands are therefore turned by the heading here, and go out in the frame ``map``, ENU.
Nothing here arms or changes a mode.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

from geometry_msgs.msg import PoseStamped, TwistStamped
from rclpy.lifecycle import LifecycleNode

from ..contract import Command
from ..message_class import message_class
from ..parameters import Setting, value
from ._autopilot import LATCHED, NEWEST, News, constant_name, yaw_of_pose
from ._frames import flu_to_enu
from .base import Platform
from .twist import to_twist

WORLD = "map"
GUIDED = {"APM_ARDUCOPTER": 4, "APM_HELI": 4, "APM_ROVER": 15}
"""The number of the mode that takes velocities, of each vehicle that has one."""
INSTALL = "build ArduPilot's Tools/ros2/ardupilot_msgs in the workspace and source it"

NAMESPACE = Setting("ardupilot.namespace", "ap", "where its topics are")
POSE_S = Setting("ardupilot.pose_timeout_s", 0.5, "an older pose is not believed", 0.05, 2.0)
STATUS_S = Setting(
    "ardupilot.status_timeout_s",
    0.0,
    "nor is an older status; 0: the last one counts while poses come, since some releases send "
    "it only when it changes",
    0.0,
    10.0,
)


class ArduPilotPlatform(Platform):
    """A copter, helicopter or rover of ArduPilot whose micro-ROS agent runs on this machine."""

    accepts: ClassVar[frozenset[str]] = frozenset({"velocity"})

    def settings(self) -> list[Setting]:
        """Return where its topics are and how old news may be."""
        return [NAMESPACE, POSE_S, STATUS_S]

    def open(self, node: LifecycleNode, frame_id: str) -> None:
        """Make the publisher, and listen to status and pose.

        Raises:
            ConfigError: ardupilot_msgs is not installed.
        """
        status = message_class("ardupilot_msgs", "Status", INSTALL)
        self._node, place = node, value(node, NAMESPACE)
        status_s = value(node, STATUS_S) or math.inf
        self._status = News[Any](f"ArduPilot's status on {place}/status", status_s)
        self._yaw = News[Any](f"ArduPilot's pose on {place}/pose/filtered", value(node, POSE_S))
        self._publisher = node.create_lifecycle_publisher(TwistStamped, f"{place}/cmd_vel", 1)
        self._subscriptions = [
            node.create_subscription(status, f"{place}/status", self._status.take, LATCHED),
            node.create_subscription(PoseStamped, f"{place}/pose/filtered", self._on_pose, NEWEST),
        ]

    def publish(self, command: Command, stamp_ns: int) -> None:
        """Send the velocity, turned into the world by the heading alone."""
        forward_m_s, left_m_s, up_m_s, yaw_rate_rad_s = command.values
        velocity = flu_to_enu((forward_m_s, left_m_s, up_m_s), self._yaw.newest)
        world = Command((*velocity, yaw_rate_rad_s))
        self._publisher.publish(to_twist(world, stamp_ns, WORLD))

    def silent_because(self) -> str:
        """Return why ArduPilot could not be flown, or does not want to be."""
        missing = self._yaw.silence() or self._status.silence()
        if missing:
            return missing
        if self._yaw.newest is None:
            return "ArduPilot's pose has no orientation; see its estimator"
        status = self._status.newest
        vehicle = constant_name(status, "APM_", status.vehicle_type)
        guided = GUIDED.get(f"APM_{vehicle.partition(' ')[0]}")
        if guided is None:
            return f"ArduPilot is a vehicle {vehicle}, which flies no velocities over DDS"
        if not status.armed:
            return "ArduPilot is disarmed"
        if status.mode != guided:
            return f"ArduPilot is in mode {status.mode}, not in GUIDED ({guided})"
        return "" if status.external_control else "ArduPilot has external control switched off"

    def close(self) -> None:
        """Take publisher and subscriptions back."""
        self._node.destroy_publisher(self._publisher)
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)

    def _on_pose(self, message: PoseStamped) -> None:
        self._yaw.take(yaw_of_pose(message))
