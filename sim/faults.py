"""Faults on purpose: from a moment of a flight on, what a pilot is given is lost, spoilt or late.

An injection is one entry of ``INJECTIONS``: its name, the fault by which the pilot should know
it, and what becomes of an event.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from liquid_control.contract import NANOSECONDS, Command, Event, Frame, ImuSample, Observation
from liquid_control.pipeline import Pilot, PilotStep
from liquid_control.policy import Steps
from liquid_control.safety.faults import Fault

from .flight import fly
from .tasks import Outcome
from .world import World

Spoil = Callable[[Event], Event | None]
"""Returns what arrives instead of an event, or None where nothing does."""

LATE_S = 0.7
OFF_S = 10.0
"""How far off a clock is that is wrong."""


@dataclass(frozen=True)
class Injection:
    """One fault.

    Attributes:
        fault: the word that the pilot should find for it.
        events: makes what happens to events, anew for each flight.
        command: what becomes of the policy's commands.
    """

    fault: Fault
    events: Callable[[], Spoil] = lambda: lambda event: event
    command: Callable[[Command], Command] = lambda command: command


@dataclass(frozen=True)
class Injected:
    """What came of one flight with a fault.

    Attributes:
        seed: of the flight.
        found: the faults after the injection, each once, in the order of appearance.
        after_s: how long after the injection the first was found, which is when the pilot brakes.
        said: the line that an operator reads of the injected one.
        touched: what was hit after the injection; empty if nothing was.
        ended: whether the flight succeeded before anything could be found.
    """

    seed: int
    found: tuple[Fault, ...]
    after_s: float
    said: str
    touched: str
    ended: bool = False


def inject(world: World, policy: Steps, name: str, seed: int, at_s: float) -> Injected:
    """Fly a policy and let a fault begin at a time of the flight.

    Args:
        world: where to fly.
        policy: what flies.
        name: of the injection.
        seed: of the flight.
        at_s: when the fault begins.
    """
    injection = INJECTIONS[name]
    faulty = _Faulty(policy, injection, world, at_s)
    found: dict[Fault, tuple[float, str]] = {}

    def watch(step: PilotStep) -> None:
        if faulty.begun and step.problem is not None:
            after_s = world.now_ns / NANOSECONDS - at_s
            found.setdefault(step.problem.fault, (after_s, str(step.problem)))

    flight = fly(world, Pilot(faulty), seed, on_step=watch, arrive=faulty.arrive)
    touched = flight.verdict.touched if flight.verdict.outcome is Outcome.COLLISION else ""
    after_s = min((after for after, _ in found.values()), default=math.nan)
    said = found.get(injection.fault, (math.nan, ""))[1]
    ended = not found and flight.verdict.outcome is Outcome.SUCCESS
    return Injected(seed, tuple(found), after_s, said, touched, ended)


class _Faulty:
    """A policy whose commands, and what it is given, are spoilt from a moment on."""

    def __init__(self, policy: Steps, injection: Injection, world: World, at_s: float) -> None:
        self.card, self._policy, self._world = policy.card, policy, world
        self._command, self._spoil = injection.command, injection.events()
        self._at_ns = int(at_s * NANOSECONDS)
        self.begun = False

    def reset(self) -> None:
        self._policy.reset()

    def step(self, observation: Observation) -> Command:
        command = self._policy.step(observation)
        return self._command(command) if self.begun else command

    def arrive(self, events: list[Event]) -> Iterator[Event]:
        """Yield what arrives of what has happened."""
        self.begun = self.begun or self._world.now_ns >= self._at_ns
        for event in events:
            left = self._spoil(event) if self.begun else event
            if left is not None:
                yield left


def _without(kind: type) -> Callable[[], Spoil]:
    """Lose everything of a kind."""
    return lambda: lambda event: None if isinstance(event.value, kind) else event


def _changed(kind: type, change: Callable[[Any], Any]) -> Callable[[], Spoil]:
    """Change every value of a kind."""

    def spoil(event: Event) -> Event:
        value = event.value
        return replace(event, value=change(value)) if isinstance(value, kind) else event

    return lambda: spoil


def _shifted(kind: type, by_s: float) -> Callable[[], Spoil]:
    """Stamp everything of a kind by another clock."""
    by_ns = int(by_s * NANOSECONDS)
    return _changed(kind, lambda value: replace(value, stamp_ns=value.stamp_ns + by_ns))


def _frozen(kind: type) -> Callable[[], Spoil]:
    """Send the first value of a kind again and again, with new stamps."""

    def make() -> Spoil:
        first: list[Any] = []

        def again(value: Any) -> Any:
            first.append(value)
            return replace(first[0], stamp_ns=value.stamp_ns)

        return _changed(kind, again)()

    return make


def _late() -> Spoil:
    """Let frames arrive a while after they were taken, as over a slow link."""
    waiting: list[Event] = []

    def spoil(event: Event) -> Event | None:
        if not isinstance(event.value, Frame):
            return event
        waiting.append(event)
        if event.now_ns - waiting[0].now_ns < LATE_S * NANOSECONDS:
            return None
        return replace(waiting.pop(0), now_ns=event.now_ns)

    return spoil


def _clock_back() -> Spoil:
    """Let the clock of everything go back."""
    back_ns = int(OFF_S * NANOSECONDS)

    def spoil(event: Event) -> Event:
        value = event.value
        if isinstance(value, Frame | ImuSample):
            value = replace(value, stamp_ns=value.stamp_ns - back_ns)
        return Event(event.now_ns - back_ns, event.source, value)

    return spoil


def _two_cameras() -> Spoil:
    """Let every other frame come from another camera."""
    count = [0]

    def other(frame: Frame) -> Frame:
        count[0] += 1
        return replace(frame, frame_id="other") if count[0] % 2 else frame

    return _changed(Frame, other)()


def _fail(command: Command) -> Command:
    raise RuntimeError("the session is gone")


NAN3 = (math.nan,) * 3
INJECTIONS = {
    "camera_off": Injection(Fault.CAMERA_STALE, _without(Frame)),
    "camera_late": Injection(Fault.CAMERA_LATE, _late),
    "camera_frozen": Injection(Fault.CAMERA_FROZEN, _frozen(Frame)),
    "camera_future": Injection(Fault.CAMERA_FUTURE, _shifted(Frame, OFF_S)),
    "camera_unstamped": Injection(
        Fault.CAMERA_UNSTAMPED, _changed(Frame, lambda frame: replace(frame, stamp_ns=0))
    ),
    "camera_tiny": Injection(
        Fault.CAMERA_TINY,
        _changed(Frame, lambda frame: replace(frame, image=frame.image[::16, ::16])),
    ),
    "camera_mixed": Injection(Fault.CAMERA_MIXED, _two_cameras),
    "imu_off": Injection(Fault.IMU_STALE, _without(ImuSample)),
    "imu_nan": Injection(
        Fault.IMU_INVALID, _changed(ImuSample, lambda sample: replace(sample, gyro_rad_s=NAN3))
    ),
    "imu_frozen": Injection(Fault.IMU_FROZEN, _frozen(ImuSample)),
    "imu_future": Injection(Fault.IMU_FUTURE, _shifted(ImuSample, OFF_S)),
    "imu_past": Injection(Fault.IMU_STALE, _shifted(ImuSample, -OFF_S)),
    "clock_back": Injection(Fault.CLOCK_BACK, _clock_back),
    "command_nan": Injection(
        Fault.COMMAND_NOT_FINITE,
        command=lambda c: replace(c, values=(math.nan, *c.values[1:])),
    ),
    "command_too_large": Injection(
        Fault.COMMAND_OUT_OF_LIMITS,
        command=lambda c: replace(c, values=tuple(100.0 for _ in c.values)),
    ),
    "policy_failed": Injection(Fault.POLICY_FAILED, command=_fail),
}
"""By name."""
