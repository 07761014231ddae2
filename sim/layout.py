"""Where a flight starts and what stands where, or moves how: what a task draws from a seed."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

Knot = tuple[float, float, float]
"""Where something is at a time: seconds, then x and y in metres."""
Corridor = tuple[float, float, float, float, float]
"""A way that scenery keeps off: x0, y0, x1, y1, radius, in metres."""


@dataclass(frozen=True)
class Place:
    """Where something stands on the ground, ENU, and what it is.

    Attributes:
        kind: the scenery that shows it; empty for that whose key in the world is this place's.
        colour: a word of ``scenery/colours.py``; empty for the scenery's own.
        path: where it is over time, straight between the knots; it stands still without.
        hidden_s: from when to when it is out of sight.
    """

    x_m: float
    y_m: float
    yaw_rad: float = 0.0
    kind: str = ""
    colour: str = ""
    path: tuple[Knot, ...] = ()
    hidden_s: tuple[tuple[float, float], ...] = ()

    @property
    def changes(self) -> bool:
        """Whether it moves or hides."""
        return bool(self.path or self.hidden_s)

    def at(self, time_s: float) -> Place:
        """Return where it is at a time of the flight."""
        if not self.path:
            return self
        i = bisect_right(self.path, time_s, key=lambda knot: knot[0])
        if i in (0, len(self.path)):
            _, x, y = self.path[min(i, len(self.path) - 1)]
            return replace(self, x_m=x, y_m=y)
        (t0, x0, y0), (t1, x1, y1) = self.path[i - 1 : i + 1]
        share = (time_s - t0) / (t1 - t0)
        return replace(self, x_m=x0 + share * (x1 - x0), y_m=y0 + share * (y1 - y0))

    def is_hidden(self, time_s: float) -> bool:
        """Return whether it is out of sight at a time of the flight."""
        return any(start <= time_s < end for start, end in self.hidden_s)


@dataclass(frozen=True)
class Layout:
    """Where one flight starts and what stands where; world frame ENU.

    Attributes:
        places: of the scenery that the task puts somewhere, by name.
        target: the name of what the task is about; the first of several.
        clear: ways that trees and rocks keep off.
        extent_m: how far from the origin the flight may go; scenery is scattered around that.
    """

    start_position_m: tuple[float, float, float]
    start_yaw_rad: float
    places: Mapping[str, Place] = field(default_factory=dict)
    target: str = ""
    clear: tuple[Corridor, ...] = ()
    extent_m: float = 10.0
