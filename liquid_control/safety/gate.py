"""The gate that every command passes: pure functions, no clock and no I/O of their own.

Whole commands are rejected, never single fields. What passes is finite, inside
the limits, and no further from the last published command than the rates allow.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from ..contract import NANOSECONDS, Command
from .faults import FAULTS, Fault, Problem, Reaction
from .limits import Limits
from .settings import SafetySettings


class Mode(str, Enum):
    """Where the pilot stands."""

    STANDBY = "standby"
    ACTIVE = "active"
    DEGRADED = "degraded"
    FAILSAFE = "failsafe"


@dataclass(frozen=True)
class Gate:
    """What was published last, and how the pilot stands; a value, stepped by ``advance``.

    Attributes:
        command: the last published one; None before the first.
        problem: why the vehicle brakes, or is not flown yet.
        stepped_ns: when ``command`` was decided.
        degraded_since_ns: since when there has been no sound command; None while there is one.
    """

    mode: Mode = Mode.STANDBY
    command: Command | None = None
    problem: Problem | None = None
    stepped_ns: int | None = None
    degraded_since_ns: int | None = None

    @property
    def may_publish(self) -> bool:
        """Whether ``command`` may go out: silence is what hands over to the autopilot."""
        return self.mode in (Mode.ACTIVE, Mode.DEGRADED)


def check(command: Command, limits: Limits) -> Problem | None:
    """Return why a policy's command must not be flown, or None."""
    said = ", ".join(f"{value:.4g}" for value in command.values)
    if not command.is_finite():
        return Problem(Fault.COMMAND_NOT_FINITE, said)
    if not limits.accepts(command):
        return Problem(Fault.COMMAND_OUT_OF_LIMITS, said)
    return None


def advance(
    gate: Gate,
    wanted: Command | Problem,
    now_ns: int,
    limits: Limits,
    settings: SafetySettings,
) -> Gate:
    """Return the gate after one decision; its command is what to publish now.

    A pilot in standby stays silent until its first sound command: the proof of
    life that an autopilot waits for begins with an inference, never with a fault.

    Args:
        gate: the gate after the previous decision.
        wanted: the policy's command, or the problem that there is instead.
        now_ns: the present, on any clock that never runs backwards.
        limits: of card and operator.
        settings: timeouts.
    """
    if gate.mode is Mode.FAILSAFE:
        return gate
    problem = wanted if isinstance(wanted, Problem) else check(wanted, limits)
    since = None
    mode = Mode.ACTIVE
    if problem is not None:
        since = now_ns if gate.degraded_since_ns is None else gate.degraded_since_ns
        lasted_s = (now_ns - since) / NANOSECONDS
        failsafe = FAULTS[problem.fault].reaction is Reaction.FAILSAFE
        latched = failsafe or lasted_s >= settings.failsafe_after_s
        mode = Mode.FAILSAFE if latched else Mode.DEGRADED
        if gate.mode is Mode.STANDBY and not latched:
            return replace(gate, problem=problem)
    rest = limits.card.rest
    target = limits.shrink(wanted) if isinstance(wanted, Command) and problem is None else rest
    elapsed_s = settings.max_slew_dt_s
    if gate.stepped_ns is not None:
        elapsed_s = min(elapsed_s, max(0.0, (now_ns - gate.stepped_ns) / NANOSECONDS))
    command = slew(gate.command or rest, target, elapsed_s, limits)
    return Gate(mode, command, problem, now_ns, since)


def after_hang(gate: Gate, last_ns: int) -> Gate:
    """Return the gate of a pilot that has not run for a while.

    What it said last is nobody's command any more, so the next one begins at rest; and it has
    been without a sound command since it ran last, so a long hang ends in the failsafe.

    Args:
        gate: as the hang found it.
        last_ns: when the pilot ran last.
    """
    since_ns = last_ns if gate.degraded_since_ns is None else gate.degraded_since_ns
    return replace(gate, command=None, degraded_since_ns=since_ns)


def slew(previous: Command, target: Command, elapsed_s: float, limits: Limits) -> Command:
    """Return the command nearest to ``target`` on the straight way that the rates allow.

    One common factor shortens the whole change, so its direction is kept.
    """
    share = 1.0
    for before, after, rate in zip(previous.values, target.values, limits.rates, strict=True):
        change = abs(after - before)
        if change > rate * elapsed_s:
            share = min(share, rate * elapsed_s / change)
    values = []
    for before, after, low, high in zip(
        previous.values, target.values, limits.lows, limits.highs, strict=True
    ):
        value = after if share == 1.0 else before + share * (after - before)
        values.append(min(high, max(low, value)))
    return Command(tuple(values), target.kind)


def standby() -> Gate:
    """Return the gate at rest, every latch cleared; only a person's activation calls it."""
    return Gate()
