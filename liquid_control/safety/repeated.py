"""A network never says the same twice: a command that repeats itself is a session that hangs."""

from __future__ import annotations

from dataclasses import dataclass

from ..contract import NANOSECONDS, Command
from .faults import Fault, Problem


@dataclass(frozen=True)
class Repeated:
    """Since when a policy has said the same, to the last bit; a value, stepped by ``take``.

    Attributes:
        command: what it said last; None before the first.
        since_ns: the stamp that was answered so for the first time.
    """

    command: Command | None = None
    since_ns: int = 0

    def take(self, command: Command, stamp_ns: int) -> Repeated:
        """Return it after a command; only another one changes it."""
        return self if command == self.command else Repeated(command, stamp_ns)

    def problem(self, stamp_ns: int, rest: Command, after_s: float) -> Problem | None:
        """Return why the command must not be flown any more, if it has been said for too long.

        Args:
            stamp_ns: that is answered now.
            rest: the command of a vehicle that stands still, which may be said for ever.
            after_s: for how long any other may be.
        """
        said_s = (stamp_ns - self.since_ns) / NANOSECONDS
        if self.command is None or self.command == rest or said_s <= after_s:
            return None
        values = ", ".join(f"{value:.4g}" for value in self.command.values)
        return Problem(Fault.COMMAND_STUCK, f"{values} for {said_s:.1f} s")
