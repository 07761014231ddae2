"""How sensors stand on a body, by what the robot's description says on /tf_static."""

from __future__ import annotations

import math
from typing import Any

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from ..errors import ConfigError
from ..message_class import message_class
from .rotations import Quaternion, inverse, multiply

TOPIC = "/tf_static"
KEPT = QoSProfile(
    depth=100,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
"""Who describes a robot says it once, before us or after."""
SAME: Quaternion = (1.0, 0.0, 0.0, 0.0)
OFF_UNIT = 0.01
"""How far the length of a quaternion may be from one: messages that nobody filled have zero."""
LONGEST = 100
"""Links from a frame to its root; more are a ring."""


def tf_message() -> Any:
    """Return the class of the topic's message.

    Raises:
        ConfigError: tf2_msgs is not installed.
    """
    return message_class(
        "tf2_msgs", "TFMessage", "run: apt install ros-$ROS_DISTRO-tf2-msgs, and source ROS"
    )


class StaticFrames:
    """The frames that were told of so far."""

    def __init__(self) -> None:
        self._links: dict[str, tuple[str, Quaternion]] = {}

    def take(self, message: Any) -> None:
        """Take in a TFMessage; what is said again counts anew."""
        for link in message.transforms:
            q = link.transform.rotation
            self._links[link.child_frame_id] = link.header.frame_id, (q.w, q.x, q.y, q.z)

    def rotation(self, body: str, sensor: str) -> Quaternion | None:
        """Return what turns a vector of a sensor's frame into the body's; None if nobody said.

        Raises:
            ConfigError: what was said of a link between them is no rotation.
        """
        (root, of_body), (other, of_sensor) = self._to_root(body), self._to_root(sensor)
        return multiply(inverse(of_body), of_sensor) if root == other else None

    def _to_root(self, frame: str) -> tuple[str, Quaternion]:
        q = SAME
        for _ in range(LONGEST):
            if frame not in self._links:
                break
            parent, link = self._links[frame]
            if not abs(math.hypot(*link) - 1.0) <= OFF_UNIT:  # so that NaN is refused, too
                raise ConfigError(
                    f"{TOPIC}: expected a rotation from '{parent}' to '{frame}', found the "
                    f"quaternion {', '.join(f'{v:g}' for v in link)} (w, x, y, z), which is not "
                    "of length 1; correct the robot's description"
                )
            frame, q = parent, multiply(link, q)
        return frame, q
