"""A person's joystick, sensor_msgs/Joy: whoever holds the button flies."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from rclpy.node import Node
from sensor_msgs.msg import Joy

from ..contract import PERSON, CommandCard, Reading, vector_input
from ..errors import ConfigError
from ..parameters import Setting
from ..safety.faults import Fault
from .conversions import to_ns
from .sources.base import Source, Take

TOPIC = Setting("takeover.topic", "", "sensor_msgs/Joy topic; empty: nobody can take over")
BUTTON = Setting("takeover.button", 4, "number of the button that takes over while held", 0, 63)
DEADBAND = Setting("takeover.deadband", 0.05, "stick travel that counts as none", 0.0, 0.5)


def _axes(text: str) -> list[tuple[int, float]]:
    """Return number and sign of the stick axis of each command field.

    Raises:
        ValueError: it is something else.
    """
    return [(abs(int(word)), -1.0 if word.startswith("-") else 1.0) for word in text.split()]


def _refuse_axes(text: str) -> str:
    try:
        _axes(text)
    except ValueError:
        return f"takeover.axes: expected numbers of stick axes such as '4 3 1 0', found '{text}'"
    return ""


AXES = Setting(
    "takeover.axes",
    "4 3 1 0",
    "stick axis of each command field in its order, such as forward, left, up, yaw rate; "
    "-4 is axis 4 reversed",
    refuses=_refuse_axes,
)
SETTINGS = [TOPIC, BUTTON, DEADBAND, AXES]


class Sticks(Source):
    """What a person wants: full travel of a stick is the limit of the field in the card.

    Args:
        card: of the command.
    """

    message: ClassVar[type] = Joy
    fault: ClassVar[Fault] = Fault.PERSON_INVALID

    def __init__(self, card: CommandCard) -> None:
        super().__init__(PERSON, vector_input(("held", *(f.name for f in card.fields))))
        self._card = card

    def open(self, node: Node, take: Take, lockstep: bool) -> None:
        """Subscribe to the sticks.

        Raises:
            ConfigError: there is not one axis for each field.
        """
        topic, self._button, self._deadband, axes = (
            node.get_parameter(setting.name).value for setting in SETTINGS
        )
        self._axes = _axes(axes)
        if len(self._axes) != len(self._card.fields):
            names = ", ".join(field.name for field in self._card.fields)
            raise ConfigError(
                f"takeover.axes: expected an axis for each of {names}, found '{axes}'"
            )

        def arrived(message: Any) -> None:
            take(self.name, self.read(message))

        self.subscribe(node, Joy, topic, arrived, self.qos(lockstep))

    def to_value(self, message: Any) -> Reading:
        """Return whether the button is held, and what the sticks say of every field.

        Raises:
            ConfigError: the joystick lacks an axis or the button, or gives what is no number.
        """
        axes, buttons = message.axes, message.buttons
        most = max(axis for axis, _ in self._axes)
        if most >= len(axes) or self._button >= len(buttons):
            raise ConfigError(
                f"expected axis {most} and button {self._button}, "
                f"found {len(axes)} axes and {len(buttons)} buttons"
            )
        travels = [sign * float(axes[axis]) for axis, sign in self._axes]
        if not all(map(math.isfinite, travels)):
            raise ConfigError(f"expected travels of -1 to 1, found {travels}")
        values = [
            field.rest + field.scale * self._beyond(travel)
            for field, travel in zip(self._card.fields, travels, strict=True)
        ]
        held = 1.0 if buttons[self._button] else 0.0
        return Reading(to_ns(message.header.stamp), (held, *values))

    def _beyond(self, travel: float) -> float:
        """Return a travel of -1 to 1 without its deadband, from which it goes on from 0."""
        beyond = (abs(travel) - self._deadband) / (1.0 - self._deadband)
        return math.copysign(min(1.0, max(0.0, beyond)), travel)
