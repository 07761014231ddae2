"""What an injected fault is, and what most of them do to events."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from liquid_control.contract import NANOSECONDS, PERSON, TICK, Command, Event
from liquid_control.safety.faults import Fault
from liquid_control.safety.fence import Fence

Spoil = Callable[[Event], Event | None]
"""Returns what arrives instead of an event, or None where nothing does."""


@dataclass(frozen=True)
class Injection:
    """One fault.

    Attributes:
        fault: the word that the pilot should find for it; None where it should fly on, or is gone.
        events: makes what happens to events, anew for each flight.
        command: what becomes of the policy's commands.
        model: what becomes of the policy's file; it must then be refused.
        signal: what the pilot's process is sent; it must then be silent.
        needs: kind of the input that it spoils, or "person"; a policy without one is not tried.
        topics: whether it can come, and be seen, over ROS topics.
        fence: in which is flown; the vehicle's true place is then what the odometry says.
    """

    fault: Fault | None
    events: Callable[[], Spoil] = lambda: lambda event: event
    command: Callable[[Command], Command] | None = None
    model: Callable[[bytes], bytes] | None = None
    signal: int | None = None
    needs: str = ""
    topics: bool = True
    fence: Fence | None = None

    def fits(self, kinds: Iterable[str]) -> bool:
        """Return whether a policy with inputs of these kinds can be flown with it."""
        return self.needs in {"", PERSON, *kinds}

    @property
    def crosses_topics(self) -> bool:
        """Whether it can be brought about from outside of the pilot's process."""
        return self.topics and self.command is None and self.model is None


def without(kind: type) -> Callable[[], Spoil]:
    """Lose everything of a kind."""
    return lambda: lambda event: None if isinstance(event.value, kind) else event


def changed(kind: type, change: Callable[[Any], Any]) -> Callable[[], Spoil]:
    """Change every value of a kind."""

    def spoil(event: Event) -> Event:
        value = event.value
        return replace(event, value=change(value)) if isinstance(value, kind) else event

    return lambda: spoil


def shifted(kind: type, by_s: float) -> Callable[[], Spoil]:
    """Stamp everything of a kind by another clock."""
    by_ns = int(by_s * NANOSECONDS)
    return changed(kind, lambda value: replace(value, stamp_ns=value.stamp_ns + by_ns))


def frozen(kind: type) -> Callable[[], Spoil]:
    """Send the first value of a kind again and again, with new stamps."""

    def make() -> Spoil:
        first: list[Any] = []

        def again(value: Any) -> Any:
            first.append(value)
            return replace(first[0], stamp_ns=value.stamp_ns)

        return changed(kind, again)()

    return make


def late(kinds: type | tuple[type, ...], by_s: float) -> Callable[[], Spoil]:
    """Let everything of some kinds arrive a while after it was measured."""

    def make() -> Spoil:
        waiting: list[Event] = []

        def spoil(event: Event) -> Event | None:
            if not isinstance(event.value, kinds):
                return event
            waiting.append(event)
            if event.now_ns - waiting[0].now_ns < by_s * NANOSECONDS:
                return None
            return replace(waiting.pop(0), now_ns=event.now_ns)

        return spoil

    return make


def once(source: str, value: Callable[[int], Any]) -> Callable[[], Spoil]:
    """Let something else happen at the first tick of the watchdog: a value of the present."""

    def make() -> Spoil:
        said: list[bool] = []

        def spoil(event: Event) -> Event:
            if said or event.source != TICK:
                return event
            said.append(True)
            return Event(event.now_ns, source, value(event.now_ns))

        return spoil

    return make
