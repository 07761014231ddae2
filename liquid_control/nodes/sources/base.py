"""What every source is: subscriptions of one input, and how their messages are read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar

from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy, qos_profile_sensor_data

from ...contract import InputCard
from ...errors import LiquidControlError
from ...parameters import Setting
from ...safety.faults import Fault, Problem

Take = Callable[[str, Any], None]
"""Takes the name of an input and a value, or the problem that there is instead of one."""


class Source(ABC):
    """The topic of one input; it has the input's name, relative, so that it can be remapped.

    Attributes:
        message: the message type of the topic.
        depth: how many messages wait for the node at most.
        fault: what it is called when a message cannot be read.
        latched: whether what was said before a flight still counts in it, as an order does.
        suffix: of the topic, after the input's name.
    """

    message: ClassVar[type]
    depth: ClassVar[int] = 10
    fault: ClassVar[Fault] = Fault.INPUT_INVALID
    latched: ClassVar[bool] = False
    suffix: ClassVar[str] = ""

    def __init__(self, name: str, card: InputCard) -> None:
        self.name, self.card = name, card
        self._subscriptions: list[Any] = []

    def settings(self) -> list[Setting]:
        """Return parameters of its own."""
        return []

    @abstractmethod
    def to_value(self, message: Any) -> Any:
        """Return the value of a message.

        Raises:
            LiquidControlError: it cannot be used; the message says why.
        """

    def open(self, node: Node, take: Take, lockstep: bool) -> None:
        """Subscribe; in lockstep every message counts."""

        def arrived(message: Any) -> None:
            take(self.name, self.read(message))

        topic = node.resolve_topic_name(self.name) + self.suffix
        self.subscribe(node, self.message, topic, arrived, self.qos(lockstep))

    def read(self, message: Any) -> Any:
        """Return the value of a message, or the problem with it."""
        try:
            return self.to_value(message)
        except LiquidControlError as error:
            return Problem(self.fault, str(error))

    def qos(self, lockstep: bool) -> QoSProfile:
        """Return the topic's quality of service: a sensor's, reliable in lockstep."""
        if lockstep:
            return QoSProfile(depth=1000, reliability=ReliabilityPolicy.RELIABLE)
        return QoSProfile(depth=self.depth, reliability=qos_profile_sensor_data.reliability)

    def subscribe(
        self, node: Node, message: type, topic: str, take: Callable[[Any], None], qos: QoSProfile
    ) -> None:
        """Add a subscription that ``close`` takes back."""
        self._subscriptions.append(node.create_subscription(message, topic, take, qos))

    def silent_because(self, node: Node) -> str:
        """Return what the graph says about why nothing arrives; nothing if it says nothing."""
        topic = self._subscriptions[-1].topic_name
        return "" if node.count_publishers(topic) else f"nobody publishes {topic}"

    def close(self, node: Node) -> None:
        """Take the subscriptions back."""
        while self._subscriptions:
            node.destroy_subscription(self._subscriptions.pop())
