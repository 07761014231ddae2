"""What a policy says: a tuple of numbers whose names, units and limits stand in its card."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import msgspec

from .record import Positive, Record


@dataclass(frozen=True)
class Command:
    """A setpoint: ``values`` in the order and the units of the fields of its kind.

    The kind ``velocity`` is forward, left, up (m/s, heading-aligned FLU) and counter-clockwise
    yaw rate (rad/s).
    """

    values: tuple[float, ...]
    kind: str = "velocity"

    def is_finite(self) -> bool:
        """Return whether every value is a finite number."""
        return all(map(math.isfinite, self.values))


def velocity(
    forward_m_s: float = 0.0,
    left_m_s: float = 0.0,
    up_m_s: float = 0.0,
    yaw_rate_rad_s: float = 0.0,
) -> Command:
    """Return a velocity command: heading-aligned FLU velocity and yaw rate."""
    return Command((forward_m_s, left_m_s, up_m_s, yaw_rate_rad_s))


class CommandField(Record, frozen=True):
    """One number of a command.

    Attributes:
        name: with its unit, such as ``forward_m_s``.
        low: least value; equal to ``high`` where the vehicle has no such motion.
        high: greatest value.
        rate: how fast it may change, in its unit a second.
        rest: its value when the vehicle brakes.
    """

    name: str
    low: float
    high: float
    rate: Positive
    rest: float = 0.0

    def __post_init__(self) -> None:
        if not self.low <= self.rest <= self.high:
            raise ValueError(f"{self.name}: expected low <= rest <= high")

    @property
    def scale(self) -> float:
        """The largest distance from rest; 0 where the vehicle has no such motion."""
        return max(self.high - self.rest, self.rest - self.low)


class CommandCard(Record, frozen=True):
    """The kind of a command and its fields, in order."""

    kind: str
    fields: tuple[CommandField, ...]

    def __post_init__(self) -> None:
        names = [field.name for field in self.fields]
        if not names or len(set(names)) != len(names):
            raise ValueError("expected one or more command fields with different names")

    @property
    def rest(self) -> Command:
        """What braking means: the command of a vehicle at rest."""
        return Command(tuple(field.rest for field in self.fields), self.kind)

    def command(self, values: Any) -> Command:
        """Return a command of this kind from any sequence of numbers."""
        return Command(tuple(float(v) for v in values), self.kind)

    def clip(self, values: Any) -> Command:
        """Return a command of this kind, each value brought inside its limits."""
        pairs = zip(values, self.fields, strict=True)
        return Command(tuple(min(f.high, max(f.low, float(v))) for v, f in pairs), self.kind)


def velocity_card(
    forward_m_s: float = 2.0,
    left_m_s: float = 1.0,
    up_m_s: float = 1.0,
    yaw_rate_rad_s: float = 1.2,
    *,
    acceleration_m_s2: float = 6.0,
    yaw_acceleration_rad_s2: float = 12.0,
) -> CommandCard:
    """Return the card of velocity commands, symmetric limits; 0 where there is no such motion."""
    tops = {
        "forward_m_s": forward_m_s,
        "left_m_s": left_m_s,
        "up_m_s": up_m_s,
        "yaw_rate_rad_s": yaw_rate_rad_s,
    }
    rates = dict.fromkeys(tops, acceleration_m_s2) | {"yaw_rate_rad_s": yaw_acceleration_rad_s2}
    fields = tuple(CommandField(n, 0.0 - top, top, rates[n]) for n, top in tops.items())
    return CommandCard("velocity", fields)


STOP = velocity()
VELOCITY = velocity_card()


def replace_limits(card: CommandCard, tops: dict[str, float]) -> CommandCard:
    """Return the card with other symmetric limits for the named fields."""
    return msgspec.structs.replace(
        card,
        fields=tuple(
            msgspec.structs.replace(f, low=f.rest - tops[f.name], high=f.rest + tops[f.name])
            if f.name in tops
            else f
            for f in card.fields
        ),
    )
