"""The odometry that a fence is checked against, nav_msgs/Odometry; no policy sees it."""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any, ClassVar

from nav_msgs.msg import Odometry
from rclpy.node import Node

from ..contract import PLACE, Reading, vector_input
from ..parameters import Setting
from ..safety.faults import Fault
from ..safety.fence import RANGE, Fence
from .conversions import to_ns
from .rotations import rotate
from .sources.base import Source, Take

TOPIC = Setting("fence.topic", "", "nav_msgs/Odometry topic; needed where there is a fence")
_TEXTS = {
    "radius_m": "farthest from the odometry's origin; 0: no limit",
    "floor_m": "least height in the odometry's frame; 0: no limit",
    "ceiling_m": "greatest height in the odometry's frame; 0: no limit",
    "lean_deg": "greatest angle to the vertical; 0: no limit",
}
LIMITS = [
    Setting(f"fence.{f.name}", 0.0, _TEXTS[f.name], *f.metadata[RANGE]) for f in fields(Fence)
]
SETTINGS = [TOPIC, *LIMITS]


class Whereabouts(Source):
    """Where the vehicle is, and how far it leans."""

    message: ClassVar[type] = Odometry
    fault: ClassVar[Fault] = Fault.PLACE_INVALID

    def __init__(self) -> None:
        super().__init__(PLACE, vector_input(("east_m", "north_m", "up_m", "lean_rad")))

    def open(self, node: Node, take: Take, lockstep: bool) -> None:
        """Subscribe to the topic of the parameter."""

        def arrived(message: Any) -> None:
            take(self.name, self.read(message))

        topic = node.get_parameter(TOPIC.name).value
        self.subscribe(node, Odometry, topic, arrived, self.qos(lockstep))

    def to_value(self, message: Any) -> Reading:
        """Return east, north, up in metres and the lean in radians."""
        pose = message.pose.pose
        q = pose.orientation
        upwards = rotate((q.w, q.x, q.y, q.z), (0.0, 0.0, 1.0))[2]
        lean_rad = math.acos(min(1.0, max(-1.0, upwards)))
        values = (pose.position.x, pose.position.y, pose.position.z, lean_rad)
        return Reading(to_ns(message.header.stamp), values)
