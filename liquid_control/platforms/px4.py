"""PX4 over uXRCE-DDS: velocity setpoints in NED for its offboard mode, or for a mode of one's own.

PX4 flies whatever setpoint reaches it, in any mode and for ever, so one is sent only while its
own status says that it wants ours. OffboardControlMode is the proof of life that it waits for
before it accepts the mode, and without which it leaves it: it goes out with commands that have
passed the gate, never by a timer. Nothing here arms or changes a mode.
"""

from __future__ import annotations

import math
import re
from typing import Any, ClassVar

from rclpy.lifecycle import LifecycleNode

from ..contract import Command
from ..message_class import message_class
from ..parameters import Setting, value
from ._autopilot import NEWEST, News, constant_name
from ._frames import flu_to_ned
from .base import Platform

OFFBOARD, OWN_MODES = 14, range(23, 31)
NOT_CONTROLLED = [math.nan] * 3
INSTALL = "build PX4's px4_msgs, the branch of your PX4's release, in the workspace and source it"


def _refuse_mode(nav_state: int) -> str:
    if nav_state == OFFBOARD or nav_state in OWN_MODES:
        return ""
    return f"px4.nav_state: expected {OFFBOARD} (offboard) or 23 to 30, found {nav_state}"


INSTANCE = Setting("px4.instance", 0, "N of the topics /px4_N/fmu; 0: /fmu", 0, 249)
SYSTEM_ID = Setting("px4.system_id", 0, "PX4's MAV_SYS_ID; 0: instance + 1", 0, 250)
NAV_STATE = Setting(
    "px4.nav_state",
    OFFBOARD,
    "mode to fly in: 14 offboard, 23 to 30 your own",
    refuses=_refuse_mode,
)
STATUS_S = Setting(
    "px4.status_timeout_s", 1.5, "an older status of PX4 is not believed", 0.05, 5.0
)
POSITION_S = Setting("px4.position_timeout_s", 0.3, "nor is an older heading", 0.02, 2.0)


class Px4Platform(Platform):
    """A PX4 whose uXRCE-DDS agent runs on this machine or beside it."""

    accepts: ClassVar[frozenset[str]] = frozenset({"velocity"})

    def settings(self) -> list[Setting]:
        """Return which PX4 it is, in which mode it flies, and how old news may be."""
        return [INSTANCE, SYSTEM_ID, NAV_STATE, STATUS_S, POSITION_S]

    def open(self, node: LifecycleNode, frame_id: str) -> None:
        """Make both publishers, and listen to status and heading.

        Raises:
            ConfigError: px4_msgs is not installed.
        """
        names = (
            "OffboardControlMode",
            "TrajectorySetpoint",
            "VehicleStatus",
            "VehicleLocalPosition",
        )
        mode, setpoint, status, position = (message_class("px4_msgs", n, INSTALL) for n in names)
        self._node, self._messages = node, (mode, setpoint)
        instance = value(node, INSTANCE)
        place = f"px4_{instance}/fmu" if instance else "fmu"
        self._system_id = value(node, SYSTEM_ID) or instance + 1
        self._nav_state = value(node, NAV_STATE)
        self._publishers = [
            node.create_lifecycle_publisher(message, topic(f"{place}/in", message), NEWEST)
            for message in self._messages
        ]
        status_topic, position_topic = (topic(f"{place}/out", m) for m in (status, position))
        self._status = News[Any](f"PX4's status on {status_topic}", value(node, STATUS_S))
        self._position = News[Any](f"PX4's heading on {position_topic}", value(node, POSITION_S))
        self._subscriptions = [
            node.create_subscription(status, status_topic, self._status.take, NEWEST),
            node.create_subscription(position, position_topic, self._position.take, NEWEST),
        ]

    def publish(self, command: Command, stamp_ns: int) -> None:
        """Send the proof of life, and the velocity turned into the world by the heading alone."""
        self.stand_by()
        forward_m_s, left_m_s, up_m_s, yaw_rate_rad_s = command.values
        setpoint = self._messages[1]()
        setpoint.timestamp = self._now_us()
        setpoint.position = setpoint.acceleration = setpoint.jerk = NOT_CONTROLLED
        heading_rad = self._position.newest.heading
        setpoint.velocity = list(flu_to_ned((forward_m_s, left_m_s, up_m_s), heading_rad))
        setpoint.yaw = math.nan
        setpoint.yawspeed = -yaw_rate_rad_s  # clockwise, seen from above
        self._publishers[1].publish(setpoint)

    def stand_by(self) -> None:
        """Send the proof of life alone, where only mode or arming keep PX4 from being flown."""
        if self._unable():
            return
        life = self._messages[0]()
        life.timestamp, life.velocity = self._now_us(), True
        self._publishers[0].publish(life)

    def silent_because(self) -> str:
        """Return why PX4 could not be flown, or does not want to be."""
        return self._unable() or self._unwanted()

    def close(self) -> None:
        """Take publishers and subscriptions back."""
        for publisher in self._publishers:
            self._node.destroy_publisher(publisher)
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)

    def _unable(self) -> str:
        """Return what is not known that flying needs."""
        missing = self._status.silence() or self._position.silence()
        if missing:
            return missing + self._other_versions()
        status, position = self._status.newest, self._position.newest
        if status.system_id != self._system_id:
            return (
                f"expected PX4 {self._system_id} on {self._subscriptions[0].topic_name}, found "
                f"{status.system_id}; set px4.instance or px4.system_id"
            )
        if not (position.v_xy_valid and position.v_z_valid):
            return "PX4 does not know its velocity; see its estimator"
        # Releases before 1.15 do not tell how good the heading is.
        if not (
            math.isfinite(position.heading) and getattr(position, "heading_good_for_control", True)
        ):
            return "PX4 does not know its heading; see its estimator"
        return ""

    def _unwanted(self) -> str:
        """Return what a person has not done yet, or has undone."""
        status = self._status.newest
        if status.arming_state != status.ARMING_STATE_ARMED:
            return "PX4 is disarmed"
        if status.nav_state != self._nav_state:
            found, wanted = (
                constant_name(status, "NAVIGATION_STATE_", state)
                for state in (status.nav_state, self._nav_state)
            )
            return f"PX4 is in mode {found}, not in {wanted}"
        return ""

    def _other_versions(self) -> str:
        """Return that PX4 speaks other versions of our topics, where the graph shows it."""
        ours = [s.topic_name for s in self._subscriptions]
        plain = {re.sub(r"_v\d+$", "", name): name for name in ours}
        for name, _ in self._node.get_topic_names_and_types():
            wanted = plain.get(re.sub(r"_v\d+$", "", name))
            if wanted not in (None, name) and not self._node.count_publishers(wanted):
                return f"; PX4 speaks {name}: {INSTALL}"
        return ""

    def _now_us(self) -> int:
        return self._node.get_clock().now().nanoseconds // 1000


def topic(place: str, message: Any) -> str:
    """Return the topic of a message class: PX4 appends the version, except where it is 0."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", message.__name__).lower()
    version = getattr(message, "MESSAGE_VERSION", 0)
    return f"{place}/{name}_v{version}" if version else f"{place}/{name}"
