"""A person's order, `blue barrel` or `follow blue barrel`: by a topic, or by a parameter."""

from __future__ import annotations

from typing import Any, ClassVar

from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_msgs.msg import String

from ...contract import Goal, InputCard
from ...contract.goals import check_words, from_words
from ...errors import ConfigError
from ...parameters import Setting, value
from ...safety.faults import Fault
from .base import Source, Take


class GoalSource(Source):
    """A person's order: the newest counts, and one that came before the flight counts in it.

    On the topic (std_msgs/String) one that nobody understands is a fault, since it was meant to
    end what went before. The parameter of the input's name answers instead: such an order is
    refused with the reason, and what went before goes on.
    """

    message: ClassVar[type] = String
    fault: ClassVar[Fault] = Fault.GOAL_UNKNOWN
    latched: ClassVar[bool] = True

    def __init__(self, name: str, card: InputCard) -> None:
        super().__init__(name, card)
        self._take: Take | None = None
        self._lockstep = False

    def settings(self) -> list[Setting]:
        """Return the parameter that takes an order, in flight as well."""
        text = "the order, such as 'blue barrel'; it may change in flight"
        return [Setting(self.name, "", text, refuses=self._refusal, takes=self._give)]

    def open(self, node: Node, take: Take, lockstep: bool) -> None:
        """Subscribe, and give the order that the parameter has from the start.

        Raises:
            ConfigError: in lockstep it has one.
        """
        self._take, self._lockstep = take, lockstep
        super().open(node, take, lockstep)
        given = value(node, self.settings()[0])
        if given:
            if reason := self._refusal(given):
                raise ConfigError(reason)
            self._give(given)

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

    def _refusal(self, text: str) -> str:
        """Return why an order is not taken; before the start there need not be one."""
        if not text and self._take is None:
            return ""
        if self._lockstep:
            return f"{self.name}: in lockstep the simulator gives the orders; give it this one"
        try:
            check_words(from_words(text), self.card)
        except ConfigError as error:
            return str(error)
        return ""

    def _give(self, text: str) -> None:
        if self._take is not None:
            self._take(self.name, from_words(text))
