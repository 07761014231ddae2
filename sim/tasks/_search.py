"""How to search: turn until all around was in view, go ahead towards something, and so on."""

from __future__ import annotations

import math
from collections.abc import Iterable

from ..vehicles import Truth
from ._geometry import in_front, look_along
from ._known import Known, Sight, shape_of

TURN_RAD = 5.2
"""With the width of a view this is more than a full circle, and it does not end where it began."""
TOWARDS_RAD = 0.5
"""How far off ahead something in view may be for a way to lead towards it: where things are, the
ordered one is likelier than where there are none."""
PATIENCE_RAD = TURN_RAD + 2 * math.pi
"""After so much turning, in which what hid may have shown itself, any free way will do."""
LEG_S = 4.0
"""How long it goes ahead at most."""
OFF_THING_M = 3.3
"""Kept from the edge of what can be ordered,"""
OFF_OBSTACLE_M = 0.3
"""and from the edge of all else, which one goes around."""
MOVED_M = 1.5
"""So far from where it began to turn it sees other things, and all around was not in view yet."""
BEGINS_M = 2.0
"""With so much room ahead it sets out,"""
ENDS_M = 0.5
"""and with less than that it stops."""


class Search:
    """Knows whether it is time to turn or to go ahead.

    That follows from times, headings, places and what was seen, so it holds whoever flies: who
    turns on the spot because it overlooks the ordered thing is told to go ahead, too.

    Attributes:
        turned_rad: since it began to turn, counter-clockwise.
        ahead_s: for how long it has gone ahead; None while it turns.
    """

    def __init__(self) -> None:
        self.turned_rad = 0.0
        self.ahead_s: float | None = None
        self._since_s = self._leg_since_s = -math.inf
        self._from_m = (0.0, 0.0)
        self._yaw_rad: float | None = None

    def goes_ahead(self, truth: Truth, known: Known) -> bool:
        """Return whether to go ahead now, else to turn; to be asked at every step."""
        if self._yaw_rad is None:
            self._turn(truth)
        else:
            self.turned_rad += math.remainder(truth.yaw_rad - self._yaw_rad, 2 * math.pi)
        self._yaw_rad = truth.yaw_rad
        seen = [s for s in known.sights.values() if s.at_s >= self._since_s]
        if self.ahead_s is None:
            if math.dist(self._from_m, truth.position_m[:2]) > MOVED_M:
                self._turn(truth)
            elif self._sets_out(truth, seen):
                self.ahead_s, self._leg_since_s = 0.0, truth.time_s
        else:
            self.ahead_s = truth.time_s - self._leg_since_s
            if self.ahead_s >= LEG_S or room_ahead(truth, seen) < ENDS_M:
                self._turn(truth)
        return self.ahead_s is not None

    def _turn(self, truth: Truth) -> None:
        self._since_s, self._from_m = truth.time_s, truth.position_m[:2]
        self.turned_rad, self.ahead_s = 0.0, None

    def _sets_out(self, truth: Truth, seen: list[Sight]) -> bool:
        turned_rad = abs(self.turned_rad)
        if turned_rad < TURN_RAD:
            return False
        leads = turned_rad >= PATIENCE_RAD or leads_towards(truth, seen)
        return leads and room_ahead(truth, seen) >= BEGINS_M


def leads_towards(truth: Truth, sights: Iterable[Sight]) -> bool:
    """Return whether any of some things is in view now and about ahead."""
    return any(
        abs(look_along(truth, sight.place.x_m, sight.place.y_m).bearing_rad) <= TOWARDS_RAD
        for sight in sights
        if sight.at_s >= truth.time_s
    )


def room_ahead(truth: Truth, sights: Iterable[Sight]) -> float:
    """Return how far straight ahead a vehicle comes too near to one of some things, m, or inf."""
    room_m = math.inf
    for sight in sights:
        kind = shape_of(sight.place.kind)
        off_m = OFF_THING_M if kind.orderable else OFF_OBSTACLE_M
        for x_m, y_m, radius_m in kind.outline(sight.place):
            along, aside = in_front(truth, x_m, y_m)
            least_m = radius_m + off_m
            if along > 0.0 and abs(aside) < least_m:
                room_m = min(room_m, along - math.sqrt(least_m**2 - aside**2))
    return room_m
