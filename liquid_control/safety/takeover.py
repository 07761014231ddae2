"""Who flies: the policy, or a person who holds a button.

A person's command passes the same gate, so neither taking over nor giving back is a step. The
policy is run all the while: when it has the vehicle again it remembers the whole flight.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..contract import NANOSECONDS, PERSON, Command, CommandCard, Event
from .faults import Fault, Problem


@dataclass(frozen=True)
class Takeover:
    """What the sticks said last; a value, stepped by ``take``.

    Attributes:
        heard_ns: when, on the clock of the sensors' stamps.
        values: the command's fields while the button is held, else None.
        problem: why the sticks cannot be read, if so.
    """

    heard_ns: int = 0
    values: tuple[float, ...] | None = None
    problem: Problem | None = None

    def take(self, event: Event) -> Takeover:
        """Return it after an event; only those of a person change it."""
        if event.source != PERSON:
            return self
        if isinstance(event.value, Problem):
            return Takeover(event.now_ns, None, event.value)
        held, *values = event.value.values
        return Takeover(event.now_ns, tuple(values) if held == 1.0 else None)

    def says(self, now_ns: int, card: CommandCard, timeout_s: float) -> Command | Problem | None:
        """Return what to fly instead of the policy's command, or None where that is flown.

        Sticks that fall silent while they are held brake: nobody has given the vehicle back.

        Args:
            now_ns: the present.
            card: of the command.
            timeout_s: for how long sticks may be silent.
        """
        if self.problem is not None:
            return self.problem
        if self.values is None:
            return None
        silent_s = (now_ns - self.heard_ns) / NANOSECONDS
        if not 0.0 <= silent_s <= timeout_s:
            return Problem(Fault.PERSON_LOST, f"for {silent_s:.2f} s")
        said = Command(self.values, card.kind)
        if len(self.values) != len(card.fields) or not said.is_finite():
            return Problem(Fault.PERSON_INVALID, f"found {self.values}")
        return card.clip(self.values)
