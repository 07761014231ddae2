"""Clocks that jump, go back or stand still, orders that nobody understands, a lost joystick."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from liquid_control.contract import NANOSECONDS, PERSON, Event, Frame, Goal, ImuSample, Reading
from liquid_control.safety.faults import Fault

from .injection import Injection, Spoil, once

BACK_S, JUMP_S, GAP_S = 2.0, 60.0, 0.35
STAMPED = (Frame, ImuSample, Reading)


def _clock(by_s: float) -> Callable[[], Spoil]:
    """Let the clock of everything be another."""
    by_ns = int(by_s * NANOSECONDS)

    def spoil(event: Event) -> Event:
        value = event.value
        if isinstance(value, STAMPED):
            value = replace(value, stamp_ns=value.stamp_ns + by_ns)
        return Event(event.now_ns + by_ns, event.source, value)

    return lambda: spoil


def _clock_lost() -> Spoil:
    """Let the stamps of all sensors stand still."""
    stood: list[int] = []

    def spoil(event: Event) -> Event:
        if not isinstance(event.value, STAMPED):
            return event
        stood.append(event.value.stamp_ns)
        return replace(event, value=replace(event.value, stamp_ns=stood[0]))

    return spoil


def _gap() -> Spoil:
    """Lose everything for a moment, once."""
    begun: list[int] = []

    def spoil(event: Event) -> Event | None:
        begun.append(event.now_ns)
        return None if event.now_ns - begun[0] < GAP_S * NANOSECONDS else event

    return spoil


OTHERS = {
    "clock_back": Injection(Fault.CLOCK_BACK, _clock(-BACK_S), topics=False),
    "clock_jump": Injection(Fault.PILOT_HUNG, _clock(JUMP_S)),
    "clock_lost": Injection(Fault.CAMERA_STALE, _clock_lost, needs="image"),
    "dt_spike": Injection(None, _gap),
    "goal_unknown": Injection(
        Fault.GOAL_UNKNOWN,
        once("goal", lambda _: Goal("unicorn", "pink")),
        needs="goal",
    ),
    "person_lost": Injection(
        Fault.PERSON_LOST,
        once(PERSON, lambda now_ns: Reading(now_ns, (1.0, 0.0, 0.0, 0.0, 0.0))),
        needs=PERSON,
        topics=False,
    ),
}
