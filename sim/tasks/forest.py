"""Through a wood to the ordered thing: trunks, poles, walls, and what walks between them."""

from __future__ import annotations

import math
from collections.abc import Mapping

from numpy.random import Generator

from liquid_control.contract import Positive, Range

from ..layout import Layout, Place
from ..scenery.kinds import kind_of
from ..vehicles import Truth
from ._flying import draw_yaw, name_of, strew
from ._known import covers, reach_of
from ._ordered import Ordered

CLEARING_M = 2.2
MOST = {"trunk": 40, "pole": 8, "boulder": 6, "wall": 4, "fence": 3, "person": 3}
WALKER = "person"


class Forest(Ordered, frozen=True):
    """What a flight draws.

    Attributes:
        target_distance_m: of the target from the start; no farther than an expert sees its kind,
            which is 10 to 16 m far, unless the nearest of this already is.
        width_m: of the wood between them.
        area_m2: of the wood for each obstacle.
        gap_m: at least between two obstacles.
        movers: fewest and most that walk across the way.
        mover_speed_m_s: how fast.
        off_rad: how far the start may face aside of the target.
    """

    target_distance_m: Range = (10.0, 15.0)
    width_m: Positive = 9.0
    area_m2: Positive = 8.0
    gap_m: Positive = 1.1
    movers: tuple[int, int] = (0, 0)
    mover_speed_m_s: Range = (0.3, 0.8)
    off_rad: Positive = 0.6
    time_limit_s: Positive = 45.0

    def counts(self) -> Mapping[str, int]:
        """Return room for one thing of every kind, and for a whole wood."""
        return {kind: 1 for kind in self.kinds} | MOST

    def orderable(self) -> tuple[str, ...]:
        """Return every kind but that of what walks across the way, unless there is no other."""
        return tuple(kind for kind in self.kinds if kind != WALKER) or self.kinds

    def draw(self, rng: Generator) -> Layout:
        """Draw a way from the origin through a wood."""
        share, yaw = float(rng.random()), draw_yaw(rng)
        kind, colour = self.draw_order(rng)
        near, far = self.target_distance_m
        length = near + share * (max(near, min(far, reach_of(kind))) - near)
        x, y = length * math.cos(yaw), length * math.sin(yaw)
        target = Place(x, y, draw_yaw(rng), kind, colour)
        places = self._wood(rng, length, yaw, target)
        for i in range(int(rng.integers(*self.movers, endpoint=True))):
            places[f"{WALKER}_{i}"] = self._walker(rng, length, yaw)
        return Layout(
            (0.0, 0.0, float(rng.uniform(*self.start_height_m))),
            yaw + float(rng.uniform(-self.off_rad, self.off_rad)),
            places,
            name_of(target),
            ((0.0, 0.0, x, y, 0.5 * self.width_m),),
            length,
        )

    def _wood(self, rng: Generator, length: float, yaw: float, target: Place) -> dict[str, Place]:
        """Return the target and what stands in the way; nothing hides it from the start."""
        standing = {"start": Place(0.0, 0.0, kind="cone"), name_of(target): target}
        strew(
            rng,
            round(length * self.width_m / self.area_m2),
            ("trunk",) * 12 + ("pole",) * 2 + ("boulder", "wall", "fence"),
            lambda: self._between(rng, length, yaw),
            standing,
            CLEARING_M,
            self.gap_m,
        )
        del standing["start"]
        start = Truth(0.0, (0.0, 0.0, self.start_height_m[0]), (0.0, 0.0, 0.0), yaw)
        return _no_more_than(MOST, {n: p for n, p in standing.items() if _shows(p, start, target)})

    def _between(self, rng: Generator, length: float, yaw: float) -> tuple[float, float]:
        along, aside = rng.uniform(0.0, length), rng.uniform(-0.5, 0.5) * self.width_m
        c, n = math.cos(yaw), math.sin(yaw)
        return float(c * along - n * aside), float(n * along + c * aside)

    def _walker(self, rng: Generator, length: float, yaw: float) -> Place:
        """Return somebody who walks to and fro across the way."""
        along, speed = rng.uniform(3.5, length - 3.0), rng.uniform(*self.mover_speed_m_s)
        half, c, n = 0.35 * self.width_m, math.cos(yaw), math.sin(yaw)
        ends = [(c * along - n * a, n * along + c * a) for a in (-half, half)]
        lasts, first = 2 * half / speed, rng.uniform(0.0, 1.0)
        times = [(i - first) * lasts for i in range(2 + int(self.time_limit_s / lasts) + 1)]
        path = tuple((float(t), *map(float, ends[i % 2])) for i, t in enumerate(times))
        colour = self.colours[int(rng.integers(len(self.colours)))]
        return Place(*ends[0], yaw, WALKER, colour, path)  # type: ignore[arg-type]


def _shows(place: Place, start: Truth, target: Place) -> bool:
    """Return whether a thing leaves the target in view of who starts."""
    return not (kind_of(place.kind).opaque and covers(place, start, target))


def _no_more_than(most: Mapping[str, int], places: Mapping[str, Place]) -> dict[str, Place]:
    """Return places without those for which the world has no body left."""
    kept: dict[str, Place] = {}
    for name, place in places.items():
        there = sum(other.kind == place.kind for other in kept.values())
        if there < most.get(place.kind, 1):
            kept[name] = place
    return kept
