"""Find the red chair, fly to it, hover before it and look at it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum


class Outcome(str, Enum):
    """How a flight ended."""

    SUCCESS = "success"
    COLLISION = "collision"
    TIMEOUT = "timeout"


@dataclass(frozen=True)
class VehicleState:
    """The true state of the vehicle, world frame ENU, metres, radians, seconds."""

    time_s: float
    position_m: tuple[float, float, float]
    velocity_m_s: tuple[float, float, float]
    yaw_rad: float


@dataclass(frozen=True)
class TargetView:
    """The target as seen from the vehicle, heading-aligned."""

    distance_m: float
    bearing_rad: float


@dataclass(frozen=True)
class FlyToTarget:
    """The limits that a success keeps for ``hold_s``."""

    time_limit_s: float = 20.0
    distance_m: tuple[float, float] = (1.3, 2.7)
    facing_rad: float = math.radians(12)
    speed_m_s: float = 0.3
    hold_s: float = 1.0


class Referee:
    """Judges one flight; its verdict is frozen once it falls."""

    def __init__(self, task: FlyToTarget, target_m: Sequence[float]) -> None:
        self._task = task
        self._target = tuple(target_m)
        self._held_since_s: float | None = None
        self.outcome: Outcome | None = None
        self.end_s = 0.0

    def judge(self, state: VehicleState, collided: bool) -> Outcome | None:
        """Return the outcome once the flight has ended, else None."""
        if self.outcome is not None:
            return self.outcome
        self.end_s = state.time_s
        if collided:
            self.outcome = Outcome.COLLISION
        elif self._holds(state):
            if self._held_since_s is None:
                self._held_since_s = state.time_s
            if state.time_s - self._held_since_s >= self._task.hold_s - 1e-9:
                self.outcome = Outcome.SUCCESS
        else:
            self._held_since_s = None
        if self.outcome is None and state.time_s >= self._task.time_limit_s:
            self.outcome = Outcome.TIMEOUT
        return self.outcome

    def _holds(self, state: VehicleState) -> bool:
        view = look_at(state, self._target)
        near, far = self._task.distance_m
        return (
            near <= view.distance_m <= far
            and abs(view.bearing_rad) <= self._task.facing_rad
            and math.hypot(*state.velocity_m_s) < self._task.speed_m_s
        )


def look_at(state: VehicleState, target_m: Sequence[float]) -> TargetView:
    """Return distance in space and horizontal bearing (left positive) of the target."""
    dx, dy, dz = (t - p for t, p in zip(target_m, state.position_m, strict=True))
    bearing = math.atan2(dy, dx) - state.yaw_rad
    return TargetView(math.sqrt(dx * dx + dy * dy + dz * dz), math.remainder(bearing, 2 * math.pi))
