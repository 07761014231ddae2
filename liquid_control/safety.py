"""The gate that every command passes: pure functions, no clock and no I/O of their own.

Whole commands are rejected, never single fields. What passes is finite, inside
the limits, and no further from the last published command than the slew rates
allow.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from .contract import NANOSECONDS, STOP, Command, CommandLimits
from .faults import REACTIONS, Fault, Reaction

ROUNDING = 1e-5
"""A float32 network may overshoot a limit by rounding; this share of it is not a fault."""


class Mode(str, Enum):
    """Where the pilot stands."""

    STANDBY = "standby"
    ACTIVE = "active"
    DEGRADED = "degraded"
    FAILSAFE = "failsafe"


@dataclass(frozen=True)
class SafetySettings:
    """When to distrust, in seconds.

    Attributes:
        camera_timeout_s: the newest frame is older than this: brake.
        frozen_after_s: the pixels have not changed for this long: brake.
        imu_timeout_s: the newest inertial sample is this much older than the frame: brake.
        failsafe_after_s: braking has lasted this long: stop publishing, for good.
        max_slew_dt_s: longest time a single slew step may count.
    """

    camera_timeout_s: float = 0.5
    frozen_after_s: float = 1.5
    imu_timeout_s: float = 0.2
    failsafe_after_s: float = 5.0
    max_slew_dt_s: float = 0.1


@dataclass(frozen=True)
class Gate:
    """What was published last, and how the pilot stands; a value, stepped by ``advance``."""

    mode: Mode = Mode.STANDBY
    command: Command = STOP
    fault: Fault | None = None
    stepped_ns: int | None = None
    degraded_since_ns: int | None = None

    @property
    def may_publish(self) -> bool:
        """Whether ``command`` may go out: silence is what hands over to the autopilot."""
        return self.mode in (Mode.ACTIVE, Mode.DEGRADED)


def check(command: Command, limits: CommandLimits) -> Fault | None:
    """Return why a policy's command must not be flown, or None."""
    if not command.is_finite():
        return Fault.COMMAND_NOT_FINITE
    pairs = zip(command.as_tuple(), limits.as_tuple(), strict=True)
    if any(abs(value) > limit * (1 + ROUNDING) for value, limit in pairs):
        return Fault.COMMAND_OUT_OF_LIMITS
    return None


def advance(
    gate: Gate,
    wanted: Command | Fault,
    now_ns: int,
    limits: CommandLimits,
    settings: SafetySettings,
) -> Gate:
    """Return the gate after one decision; its command is what to publish now.

    A pilot in standby stays silent until its first sound command: the proof of
    life that an autopilot waits for begins with an inference, never with a fault.

    Args:
        gate: the gate after the previous decision.
        wanted: the policy's command, or the fault that there is instead.
        now_ns: the present, on any clock that never runs backwards.
        limits: of the policy's card, or tighter.
        settings: timeouts.
    """
    if gate.mode is Mode.FAILSAFE:
        return gate
    fault = wanted if isinstance(wanted, Fault) else check(wanted, limits)
    since = None
    mode = Mode.ACTIVE
    if fault is not None:
        since = now_ns if gate.degraded_since_ns is None else gate.degraded_since_ns
        lasted_s = (now_ns - since) / NANOSECONDS
        latched = REACTIONS[fault] is Reaction.FAILSAFE or lasted_s >= settings.failsafe_after_s
        mode = Mode.FAILSAFE if latched else Mode.DEGRADED
        if gate.mode is Mode.STANDBY and not latched:
            return replace(gate, fault=fault)
    target = wanted if isinstance(wanted, Command) and fault is None else STOP
    elapsed_s = settings.max_slew_dt_s
    if gate.stepped_ns is not None:
        elapsed_s = min(elapsed_s, max(0.0, (now_ns - gate.stepped_ns) / NANOSECONDS))
    command = slew(gate.command, target, elapsed_s, limits)
    return Gate(mode, command, fault, now_ns, since)


def restart(gate: Gate) -> Gate:
    """Return the gate after a gap in which the vehicle has come to rest; latches stay."""
    return replace(gate, command=STOP, stepped_ns=None)


def slew(previous: Command, target: Command, elapsed_s: float, limits: CommandLimits) -> Command:
    """Return the command nearest to ``target`` on the straight way that the rates allow.

    One common factor shortens the whole change, so its direction is kept.
    """
    rates = (limits.acceleration_m_s2,) * 3 + (limits.yaw_acceleration_rad_s2,)
    share = 1.0
    for before, after, rate in zip(previous.as_tuple(), target.as_tuple(), rates, strict=True):
        change = abs(after - before)
        if change > rate * elapsed_s:
            share = min(share, rate * elapsed_s / change)
    fields = []
    for before, after, limit in zip(
        previous.as_tuple(), target.as_tuple(), limits.as_tuple(), strict=True
    ):
        value = after if share == 1.0 else before + share * (after - before)
        fields.append(min(limit, max(-limit, value)))
    return Command(*fields)


def standby() -> Gate:
    """Return the gate at rest, every latch cleared; only a person's activation calls it."""
    return Gate()
