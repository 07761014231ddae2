"""What every platform is: the way of a command to one kind of autopilot."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from rclpy.lifecycle import LifecycleNode

from ..contract import Command, CommandCard
from ..errors import ConfigError
from ..parameters import Setting


class Platform(ABC):
    """One kind of autopilot.

    Attributes:
        accepts: the kinds of command that it can fly.
    """

    accepts: ClassVar[frozenset[str]]

    def check(self, card: CommandCard, name: str) -> None:
        """Refuse a policy whose commands the autopilot cannot fly.

        Raises:
            ConfigError: the kind is not one that it accepts.
        """
        if card.kind not in self.accepts:
            raise ConfigError(
                f"platform '{name}' flies {', '.join(sorted(self.accepts))} commands, the policy "
                f"gives '{card.kind}'; choose another platform or policy"
            )

    def settings(self) -> list[Setting]:
        """Return parameters of its own; they are declared before ``open``."""
        return []

    @abstractmethod
    def open(self, node: LifecycleNode, frame_id: str) -> None:
        """Make publishers and whatever tells how the autopilot is doing."""

    @abstractmethod
    def publish(self, command: Command, stamp_ns: int) -> None:
        """Send a command that has passed the gate; never arm, never switch a mode."""

    def silent_because(self) -> str:
        """Return why the autopilot would not follow now; nothing is sent while there is a reason.

        It is asked before every command. The pilot goes on meanwhile.
        """
        return ""

    def stand_by(self) -> None:  # noqa: B027 - most autopilots need none
        """Show that somebody could fly: called for each command that is held back for a reason.

        PX4 accepts its offboard mode only from a pilot that already gives signs of life. They are
        tied to commands that have passed the gate, so a dead policy gives none. Nothing that
        moves the vehicle may be sent here.
        """

    @abstractmethod
    def close(self) -> None:
        """Take back what ``open`` made."""
