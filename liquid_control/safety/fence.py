"""Where a vehicle may be, by its odometry: inside a circle, between two heights, upright."""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass, field, fields
from typing import Any

from ..contract import NANOSECONDS, PLACE, Event
from ..errors import ConfigError
from .faults import Fault, Problem

RANGE = "range"
"""Key of a field's metadata: its least and largest value."""


def _limit(least: float, most: float) -> Any:
    return field(default=0.0, metadata={RANGE: (least, most)})


@dataclass(frozen=True)
class Fence:
    """An operator's limits; one that is 0 is left out, and where all are there is no fence.

    Attributes:
        radius_m: horizontal distance from the origin of the odometry's frame.
        floor_m: least height in that frame.
        ceiling_m: greatest height.
        lean_deg: greatest angle between the vehicle's z axis and the vertical.

    Raises:
        ConfigError: a limit is no number or out of its range, or the floor is above the ceiling.
    """

    radius_m: float = _limit(0.0, 1e6)
    floor_m: float = _limit(-1e4, 1e4)
    ceiling_m: float = _limit(-1e4, 1e4)
    lean_deg: float = _limit(0.0, 180.0)

    def __post_init__(self) -> None:
        for known in fields(self):
            value, (least, most) = getattr(self, known.name), known.metadata[RANGE]
            if not (isinstance(value, int | float) and least <= value <= most):
                raise ConfigError(
                    f"fence.{known.name}: expected {least:g} to {most:g}, found {value}; "
                    "0 leaves it out"
                )
        if self.floor_m and self.ceiling_m and self.floor_m >= self.ceiling_m:
            raise ConfigError(
                f"fence.floor_m: expected less than fence.ceiling_m ({self.ceiling_m:g}), "
                f"found {self.floor_m:g}"
            )

    @property
    def stands(self) -> bool:
        """Whether there is any limit."""
        return any(astuple(self))

    def check(self, east_m: float, north_m: float, up_m: float, lean_rad: float) -> Problem | None:
        """Return which limit a vehicle has left, or None."""
        away_m, lean_deg = math.hypot(east_m, north_m), math.degrees(lean_rad)
        if self.radius_m and away_m > self.radius_m:
            return Problem(Fault.FENCE_LEFT, f"{away_m:.1f} m from the origin")
        if self.floor_m and up_m < self.floor_m:
            return Problem(Fault.TOO_LOW, f"at {up_m:.1f} m")
        if self.ceiling_m and up_m > self.ceiling_m:
            return Problem(Fault.TOO_HIGH, f"at {up_m:.1f} m")
        if self.lean_deg and lean_deg > self.lean_deg:
            return Problem(Fault.TOO_TILTED, f"{lean_deg:.0f} degrees")
        return None


@dataclass(frozen=True)
class Place:
    """What the odometry said last; a value, stepped by ``take``.

    Attributes:
        heard_ns: when, on the clock of the sensors' stamps; None before the first.
        values: east, north, up in metres and the lean in radians.
        problem: why it cannot be read, if so.
    """

    heard_ns: int | None = None
    values: tuple[float, float, float, float] | None = None
    problem: Problem | None = None

    def take(self, event: Event) -> Place:
        """Return it after an event; only the odometry's change it."""
        if event.source != PLACE:
            return self
        if isinstance(event.value, Problem):
            return Place(event.now_ns, None, event.value)
        values = event.value.values
        if len(values) != 4 or not all(map(math.isfinite, values)):
            return Place(event.now_ns, None, Problem(Fault.PLACE_INVALID, f"found {values}"))
        return Place(event.now_ns, values)

    def problem_of(self, fence: Fence, now_ns: int, timeout_s: float) -> Problem | None:
        """Return why a vehicle must not fly on where it is, or where nobody knows it to be.

        Args:
            fence: the limits; without any the odometry does not matter.
            now_ns: the present.
            timeout_s: for how long the odometry may be silent.
        """
        if not fence.stands:
            return None
        if self.heard_ns is None:
            return Problem(Fault.PLACE_LOST, "none has come")
        silent_s = (now_ns - self.heard_ns) / NANOSECONDS
        if not 0.0 <= silent_s <= timeout_s:
            return Problem(Fault.PLACE_LOST, f"for {silent_s:.2f} s")
        return self.problem if self.values is None else fence.check(*self.values)
