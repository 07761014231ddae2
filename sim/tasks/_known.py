"""What a camera has seen of a flight's things so far: an expert may use no more than that."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from liquid_control.contract import Goal
from liquid_control.errors import ConfigError

from ..layout import Layout, Place
from ..scenery._thing import Thing
from ..scenery.kinds import kind_of
from ..vehicles import Truth
from ._geometry import look_along

HALF_VIEW_RAD = math.radians(38)
HALF_HEIGHT_RAD = math.radians(27)
FAR_M = 16.0
MOVES_M_S = 0.05
STEADY_S = 0.5
"""Two looks no further apart tell how fast something goes."""
LEAST_RAD = 0.10
"""What a thing's larger side must span for a picture of 96 x 64 to tell its kind and colour."""
OBSTACLE_FAR_M = 10.0
"""From where it is seen that something stands in the way."""


@dataclass(frozen=True)
class Sight:
    """A thing as it was last seen.

    Attributes:
        place: where it was then.
        at_s: when that was.
        velocity_m_s: at which it went, east and north, as two looks told.
    """

    name: str
    place: Place
    at_s: float
    velocity_m_s: tuple[float, float] = (0.0, 0.0)

    @property
    def moves(self) -> bool:
        """Whether it was seen to move."""
        return math.hypot(*self.velocity_m_s) > MOVES_M_S

    def expected(self, time_s: float) -> Place:
        """Return where it would be at a time, if it went on."""
        east, north = self.velocity_m_s
        passed_s = time_s - self.at_s
        x_m, y_m = self.place.x_m + passed_s * east, self.place.y_m + passed_s * north
        return replace(self.place, x_m=x_m, y_m=y_m)

    def again(self, place: Place, at_s: float) -> Sight:
        """Return how it is seen at a later look."""
        passed_s = at_s - self.at_s
        if not 0.0 < passed_s <= STEADY_S:
            return Sight(self.name, place, at_s, self.velocity_m_s if passed_s == 0.0 else (0, 0))
        east = (place.x_m - self.place.x_m) / passed_s
        north = (place.y_m - self.place.y_m) / passed_s
        return Sight(self.name, place, at_s, (east, north))


class Known:
    """The things of one flight, each where it was last in view, not hidden and not covered."""

    def __init__(self, layout: Layout) -> None:
        places = {n: _named(n, p) for n, p in layout.places.items()}
        self._things = {n: p for n, p in places.items() if p.kind}
        self._walls = [p for p in self._things.values() if shape_of(p.kind).opaque]
        self.sights: dict[str, Sight] = {}

    def look(self, truth: Truth) -> None:
        """Take in what is in view now."""
        for name, thing in self._things.items():
            place = thing.at(truth.time_s)
            if not thing.is_hidden(truth.time_s) and self._is_in_view(truth, place):
                seen = self.sights.get(name, Sight(name, place, truth.time_s))
                self.sights[name] = seen.again(place, truth.time_s)

    def ordered(self, goal: Goal) -> list[Sight]:
        """Return what has been seen of the kind and colour of an order."""
        said = goal.kind, goal.colour
        return [s for s in self.sights.values() if (s.place.kind, s.place.colour) == said]

    def obstacles(
        self, truth: Truth, memory_s: float, but: str = "", ahead_s: tuple[float, ...] = (0.0,)
    ) -> NDArray[np.float64]:
        """Return circles, (n, 3) x, y and radius, of what was in view lately.

        Args:
            truth: of the vehicle.
            memory_s: how long ago at most.
            but: a name to leave out.
            ahead_s: from now, times at which that which moves is expected somewhere.
        """
        circles = [
            circle
            for sight in self.sights.values()
            if sight.name != but and truth.time_s - sight.at_s <= memory_s
            for later_s in (ahead_s if sight.moves else (0.0,))
            for circle in shape_of(sight.place.kind).outline(
                sight.expected(truth.time_s + later_s)
            )
        ]
        return np.array(circles).reshape(-1, 3)

    def _is_in_view(self, truth: Truth, place: Place) -> bool:
        view = look_along(truth, place.x_m, place.y_m)
        kind = shape_of(place.kind)
        reach_rad = math.atan2(kind.half_length_m, max(view.distance_m, 0.5))
        if (
            view.distance_m > reach_of(place.kind)
            or abs(view.bearing_rad) > HALF_VIEW_RAD + 0.7 * reach_rad
        ):
            return False
        top, bottom = kind.height_m - truth.position_m[2], -truth.position_m[2]
        highest, lowest = (math.atan2(h, max(view.distance_m, 0.3)) for h in (top, bottom))
        middle = 0.5 * (highest + lowest)
        if highest < -HALF_HEIGHT_RAD or (abs(middle) > HALF_HEIGHT_RAD and highest < 0):
            return False
        return not any(covers(wall, truth, place) for wall in self._walls if wall != place)


class Something(Thing, frozen=True):
    """What an expert takes an object of somebody's own for: as large as a chair."""

    radius_m: ClassVar[float] = 0.4
    height_m: ClassVar[float] = 1.3


def shape_of(kind: str) -> type[Thing]:
    """Return the class that knows the footprint of a kind."""
    try:
        return kind_of(kind)
    except ConfigError:
        return Something


def reach_of(kind: str) -> float:
    """Return from how far a thing of a kind is seen, m; what can be ordered as far as its size."""
    shape = shape_of(kind)
    if not shape.orderable:
        return OBSTACLE_FAR_M
    side_m = max(shape.height_m, 2 * shape.radius_m, 2 * shape.half_length_m)
    return min(side_m / LEAST_RAD, FAR_M)


def _named(name: str, place: Place) -> Place:
    """Return a place with its kind: a place without one is called as its kind."""
    return place if place.kind else replace(place, kind=name)


def covers(wall: Place, truth: Truth, place: Place) -> bool:
    """Return whether something opaque stands between a vehicle and the middle of a place."""
    kind = shape_of(wall.kind)
    if truth.position_m[2] > kind.height_m + 0.5:
        return False
    x, y = truth.position_m[:2]
    dx, dy = place.x_m - x, place.y_m - y
    length = math.hypot(dx, dy)
    if length < 0.3 or (wall.x_m, wall.y_m) == (place.x_m, place.y_m):
        return False
    for cx, cy, radius in kind.outline(wall):
        along = ((cx - x) * dx + (cy - y) * dy) / length
        if 0.0 < along < length and abs((cx - x) * dy - (cy - y) * dx) / length < radius:
            return True
    return False
