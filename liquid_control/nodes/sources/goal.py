"""std_msgs/String as a goal: `blue barrel`, or `follow blue barrel`."""

from __future__ import annotations

from typing import Any, ClassVar

from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import String

from ...contract import Goal
from ...contract.goals import from_words
from ...safety.faults import Fault
from .base import Source


class GoalSource(Source):
    """A person's order; one that was given before the node started still counts."""

    message: ClassVar[type] = String
    fault: ClassVar[Fault] = Fault.GOAL_UNKNOWN
    latched: ClassVar[bool] = True

    def to_value(self, message: Any) -> Goal:
        """Return the goal of a line.

        Raises:
            ConfigError: it is neither two words nor three.
        """
        return from_words(message.data)

    def qos(self, lockstep: bool) -> QoSProfile:
        """Return reliable and latched."""
        return QoSProfile(
            depth=1,
            reliability=ReliabilityPolicy.RELIABLE,
            durability=DurabilityPolicy.TRANSIENT_LOCAL,
        )
