"""Where things are as seen from a vehicle."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ..vehicles import Truth


@dataclass(frozen=True)
class View:
    """Something as seen from a vehicle: distance in space, horizontal bearing, left positive."""

    distance_m: float
    bearing_rad: float


def look_at(truth: Truth, target_m: Sequence[float]) -> View:
    """Return how a vehicle sees a point (x, y, z), ENU."""
    dx, dy, dz = (t - p for t, p in zip(target_m, truth.position_m, strict=True))
    bearing = math.atan2(dy, dx) - truth.yaw_rad
    return View(math.sqrt(dx * dx + dy * dy + dz * dz), math.remainder(bearing, 2 * math.pi))


def look_along(truth: Truth, x_m: float, y_m: float) -> View:
    """Return how a vehicle sees a point of its own height: distance in the plane."""
    return look_at(truth, (x_m, y_m, truth.position_m[2]))


def in_front(truth: Truth, x_m: float, y_m: float) -> tuple[float, float]:
    """Return how far a point is ahead of a vehicle and how far aside, left positive, m."""
    dx, dy = x_m - truth.position_m[0], y_m - truth.position_m[1]
    c, n = math.cos(truth.yaw_rad), math.sin(truth.yaw_rad)
    return c * dx + n * dy, c * dy - n * dx


def clip(value: float, limit: float) -> float:
    """Return a value brought between -limit and limit."""
    return max(-limit, min(limit, value))


def within(value: float, low: float, high: float) -> float:
    """Return a value brought between two others."""
    return max(low, min(high, value))
