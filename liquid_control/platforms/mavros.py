"""MAVROS: velocities in ENU for its plugin ``setpoint_velocity``, to PX4 or to ArduPilot.

The plugin's parameter mav_frame decides what its numbers mean, so it is asked for and has to be
LOCAL_NED, with which they are east, north, up. Nothing here arms or changes a mode.
"""

from __future__ import annotations

from typing import Any, ClassVar

from geometry_msgs.msg import PoseStamped, TwistStamped
from rcl_interfaces.srv import GetParameters
from rclpy.lifecycle import LifecycleNode

from ..contract import STOP, Command
from ..message_class import message_class
from ..parameters import Setting, value
from ._autopilot import LATCHED, NEWEST, News, yaw_of_pose
from ._frames import flu_to_enu
from .base import Platform
from .twist import to_twist

WORLD, MAV_FRAME = "map", "LOCAL_NED"
PX4_MODE, ARDUPILOT_MODE = "OFFBOARD", "GUIDED"
INSTALL = "run: apt install ros-$ROS_DISTRO-mavros, and source ROS"


def _refuse_mode(mode: str) -> str:
    if mode in (PX4_MODE, ARDUPILOT_MODE):
        return ""
    return f"mavros.mode: expected {PX4_MODE} (PX4) or {ARDUPILOT_MODE} (ArduPilot), found {mode}"


NAMESPACE = Setting("mavros.namespace", "mavros", "where its topics are")
MODE = Setting(
    "mavros.mode", PX4_MODE, "mode to fly in: OFFBOARD of PX4, GUIDED of ArduPilot",
    refuses=_refuse_mode,
)  # fmt: skip
STATE_S = Setting("mavros.state_timeout_s", 2.5, "an older state is not believed", 0.05, 10.0)
POSE_S = Setting("mavros.pose_timeout_s", 0.5, "nor is an older pose", 0.05, 2.0)


class MavrosPlatform(Platform):
    """An autopilot that a mavros_node talks to."""

    accepts: ClassVar[frozenset[str]] = frozenset({"velocity"})

    def settings(self) -> list[Setting]:
        """Return where MAVROS is, in which mode it flies, and how old news may be."""
        return [NAMESPACE, MODE, STATE_S, POSE_S]

    def open(self, node: LifecycleNode, frame_id: str) -> None:
        """Make the publisher, listen to state and pose, and get ready to ask for mav_frame.

        Raises:
            ConfigError: mavros_msgs is not installed.
        """
        state = message_class("mavros_msgs", "State", INSTALL)
        self._node, place = node, value(node, NAMESPACE)
        self._mode, self._plugin = value(node, MODE), f"{place}/setpoint_velocity"
        self._state = News[Any](f"MAVROS's state on {place}/state", value(node, STATE_S))
        pose = f"{place}/local_position/pose"
        self._yaw = News[Any](f"MAVROS's pose on {pose}", value(node, POSE_S))
        self._publisher = node.create_lifecycle_publisher(
            TwistStamped, f"{self._plugin}/cmd_vel", 1
        )
        self._subscriptions = [
            node.create_subscription(state, f"{place}/state", self._state.take, LATCHED),
            node.create_subscription(PoseStamped, pose, self._on_pose, NEWEST),
        ]
        self._parameters = node.create_client(GetParameters, f"{self._plugin}/get_parameters")
        self._mav_frame, self._asked = "", False

    def publish(self, command: Command, stamp_ns: int) -> None:
        """Send the velocity, turned into the world by the heading alone."""
        forward_m_s, left_m_s, up_m_s, yaw_rate_rad_s = command.values
        velocity = flu_to_enu((forward_m_s, left_m_s, up_m_s), self._yaw.newest)
        world = Command((*velocity, yaw_rate_rad_s))
        self._publisher.publish(to_twist(world, stamp_ns, WORLD))

    def stand_by(self) -> None:
        """Send zero to a PX4 that waits for a sign of life; it flies none before OFFBOARD."""
        if self._mode == PX4_MODE and not self._unable():
            now_ns = self._node.get_clock().now().nanoseconds
            self._publisher.publish(to_twist(STOP, now_ns, WORLD))

    def silent_because(self) -> str:
        """Return why the autopilot could not be flown, or does not want to be."""
        return self._unable() or self._unwanted()

    def close(self) -> None:
        """Take publisher, subscriptions and client back."""
        self._node.destroy_publisher(self._publisher)
        self._node.destroy_client(self._parameters)
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)

    def _unable(self) -> str:
        """Return what is not known that flying needs."""
        missing = self._state.silence() or self._yaw.silence()
        if missing:
            return missing
        if not self._state.newest.connected:
            return "MAVROS is not connected to an autopilot; see its fcu_url"
        if self._yaw.newest is None:
            return "MAVROS's pose has no orientation; see the autopilot's estimator"
        if not self._mav_frame:
            self._ask()
            return f"expected mav_frame of {self._plugin}, it has not been told yet"
        if self._mav_frame != MAV_FRAME:
            return f"mav_frame of {self._plugin}: expected {MAV_FRAME}, found {self._mav_frame}"
        return ""

    def _unwanted(self) -> str:
        """Return what a person has not done yet, or has undone."""
        state = self._state.newest
        if not state.armed:
            return "the autopilot is disarmed"
        if state.mode != self._mode:
            return f"the autopilot is in mode {state.mode or '?'}, not in {self._mode}"
        return ""

    def _ask(self) -> None:
        if self._asked or not self._parameters.service_is_ready():
            return
        self._asked = True
        answer = self._parameters.call_async(GetParameters.Request(names=["mav_frame"]))
        answer.add_done_callback(self._on_answer)

    def _on_answer(self, answer: Any) -> None:
        self._asked = False
        values = answer.result().values
        self._mav_frame = values[0].string_value if values else ""

    def _on_pose(self, message: PoseStamped) -> None:
        self._yaw.take(yaw_of_pose(message))
