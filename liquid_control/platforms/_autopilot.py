"""What is known of an autopilot: names of its constants, and news that grow old."""

from __future__ import annotations

import time
from typing import Any, Generic, TypeVar

from geometry_msgs.msg import PoseStamped
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from ._frames import yaw_of

T = TypeVar("T")

NEWEST = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
"""The newest counts and a lost one is never repeated; it goes with any publisher."""
LATCHED = QoSProfile(
    depth=1,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
"""What was said before we came still counts."""


def constant_name(message: Any, prefix: str, value: int) -> str:
    """Return the name of a message's constant, such as ``OFFBOARD (14)``; the number if none."""
    for name in dir(type(message)):  # ROS keeps constants on the class of the class
        if name.startswith(prefix) and getattr(message, name) == value:
            return f"{name.removeprefix(prefix)} ({value})"
    return str(value)


class News(Generic[T]):
    """The newest thing that was heard, and when; on the steady clock, whatever stamps say.

    Args:
        what: its name in messages, such as "a status on /fmu/out/vehicle_status".
        timeout_s: what is older than this is not known any more.
    """

    def __init__(self, what: str, timeout_s: float) -> None:
        self._what, self._timeout_s = what, timeout_s
        self._heard: tuple[T, float] | None = None

    def take(self, value: T) -> None:
        """Keep what has been heard now."""
        self._heard = (value, time.monotonic())

    @property
    def newest(self) -> T:
        """The newest; ask ``silence`` first whether there is one."""
        assert self._heard is not None
        return self._heard[0]

    def silence(self) -> str:
        """Return why it is not known, nothing if it is."""
        if self._heard is None:
            return f"expected {self._what}, none has come"
        age_s = time.monotonic() - self._heard[1]
        if age_s > self._timeout_s:
            return f"expected {self._what}, the newest is {age_s:.1f} s old"
        return ""


def yaw_of_pose(message: PoseStamped) -> float | None:
    """Return the yaw of a pose in ENU, counter-clockwise from east; None where it has none."""
    q = message.pose.orientation
    return yaw_of((q.w, q.x, q.y, q.z))
