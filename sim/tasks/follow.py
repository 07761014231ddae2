"""Stay behind something that moves, and look at it."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from numpy.random import Generator

from liquid_control.contract import Positive, Range

from ..layout import Knot, Layout, Place
from ..vehicles import Truth
from ._flying import edge_of
from ._referee import HoldReferee
from .find import Find


class Follow(Find, frozen=True):
    """A target that walks about.

    Attributes:
        target_speed_m_s: of the walk.
        leg_m: how far it goes straight.
        turn_rad: how far it turns after each leg, to either side.
        edge_m: distance that counts as following, to its edge.
        facing_rad: how far off it may be from straight ahead.
        hold_s: for how long it is to be followed without a break.
    """

    manner: ClassVar[str] = "follow"

    kinds: tuple[str, ...] = ("person", "car", "ball", "barrel", "box")
    others: tuple[int, int] = (0, 2)
    obstacles: tuple[int, int] = (0, 0)
    target_speed_m_s: Range = (0.3, 0.9)
    leg_m: Range = (2.0, 5.0)
    turn_rad: Positive = math.radians(70)
    edge_m: Range = (0.6, 4.0)
    facing_rad: Positive = math.radians(30)
    hold_s: Positive = 10.0
    time_limit_s: Positive = 45.0

    def draw(self, rng: Generator) -> Layout:
        """Draw as for a search, and the walk of the target; what is in its way is left out."""
        layout = super().draw(rng)
        target = layout.places[layout.target]
        path = self._walk(rng, target)
        walks = Place(target.x_m, target.y_m, target.yaw_rad, target.kind, target.colour, path)
        kept = {
            name: place
            for name, place in layout.places.items()
            if name != layout.target and _is_off(place, path)
        }
        places = {layout.target: walks, **kept}
        far = max(math.hypot(x, y) for _, x, y in path) + 3.0
        return Layout(
            layout.start_position_m,
            layout.start_yaw_rad,
            places,
            layout.target,
            ((0, 0, 0, 0, far),),
            1.5 * far,
        )

    def referee(self, layout: Layout) -> HoldReferee:
        """Return a referee that wants it behind the target for a while."""
        target, (near, far) = layout.places[layout.target], self.edge_m

        def holds(truth: Truth) -> bool:
            view, edge_m = edge_of(truth, target)
            return near <= edge_m <= far and abs(view.bearing_rad) <= self.facing_rad

        return HoldReferee(holds, self.hold_s, self.time_limit_s)

    def _walk(self, rng: Generator, start: Place) -> tuple[Knot, ...]:
        """Return a way that stays near the origin: straight legs with turns between them."""
        speed = float(rng.uniform(*self.target_speed_m_s))
        x, y, heading, time_s = start.x_m, start.y_m, rng.uniform(-math.pi, math.pi), 0.0
        knots: list[Any] = [(0.0, x, y)]
        while time_s < self.time_limit_s:
            if math.hypot(x, y) > self.target_distance_m[1]:
                heading = math.atan2(-y, -x)
            length = float(rng.uniform(*self.leg_m))
            x, y = x + length * math.cos(heading), y + length * math.sin(heading)
            time_s += length / speed
            knots.append((time_s, x, y))
            heading += rng.uniform(-self.turn_rad, self.turn_rad)
        return tuple((float(t), float(a), float(b)) for t, a, b in knots)


def _is_off(place: Place, path: tuple[Knot, ...]) -> bool:
    """Return whether a walk leaves room for a thing."""
    walker = Place(0.0, 0.0, path=path)
    return all(
        math.hypot(now.x_m - place.x_m, now.y_m - place.y_m) > 2.0
        for now in (walker.at(0.5 * i) for i in range(int(2 * path[-1][0])))
    )
