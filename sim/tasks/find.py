"""Find the ordered thing among others, some alike in kind or colour, and hover before it."""

from __future__ import annotations

from collections.abc import Mapping

from numpy.random import Generator

from liquid_control.contract import Positive, Range, Share

from ..layout import Layout, Place
from ._flying import OBSTACLES, anywhere, are_apart, draw_yaw, name_of, strew
from ._ordered import NEW_PAIRS, Ordered, Pair


class Find(Ordered, frozen=True):
    """What a flight draws.

    Attributes:
        others: fewest and most things beside the ordered one.
        look_alike_share: share of the others that have its kind or its colour.
        target_distance_m: of every thing from the start.
        apart_m: between two things.
        obstacles: fewest and most trunks, walls and the like.
    """

    others: tuple[int, int] = (2, 4)
    look_alike_share: Share = 0.5
    target_distance_m: Range = (4.0, 9.0)
    apart_m: Positive = 2.8
    obstacles: tuple[int, int] = (0, 4)

    def counts(self) -> Mapping[str, int]:
        """Return room for look-alikes of every kind, and for obstacles."""
        most = max(1, self.obstacles[1])
        return dict.fromkeys(self.kinds, 3) | dict.fromkeys(OBSTACLES, most)

    def draw(self, rng: Generator) -> Layout:
        """Draw a start above the origin and things around it."""
        places = self.draw_things(rng, 1 + int(rng.integers(*self.others, endpoint=True)))
        target = next(iter(places))
        self.draw_obstacles(rng, places)
        height, far = float(rng.uniform(*self.start_height_m)), self.target_distance_m[1]
        return Layout(
            (0.0, 0.0, height), draw_yaw(rng), places, target, ((0, 0, 0, 0, far),), 1.5 * far
        )

    def draw_things(self, rng: Generator, count: int) -> dict[str, Place]:
        """Return things by name, all different; the ordered one comes first."""
        places: dict[str, Place] = {}
        tries = 0
        while len(places) < count and tries < 200:
            tries += 1
            kind, colour = self._pair(rng, next(iter(places.values()), None))
            x, y = anywhere(rng, self.target_distance_m)
            place = Place(x, y, draw_yaw(rng), kind, colour)
            alike = sum(other.kind == kind for other in places.values())
            if (
                name_of(place) not in places
                and alike < 3
                and are_apart(x, y, places.values(), self.apart_m)
            ):
                places[name_of(place)] = place
        return places

    def draw_obstacles(self, rng: Generator, places: dict[str, Place]) -> None:
        """Add what stands in the way."""
        count = int(rng.integers(*self.obstacles, endpoint=True))
        far = self.target_distance_m[1]
        strew(rng, count, OBSTACLES, lambda: anywhere(rng, (1.8, far)), places, 1.3)

    def _pair(self, rng: Generator, ordered: Place | None) -> Pair:
        """Draw kind and colour; of another thing often one of the ordered thing's."""
        if ordered is None:
            return self.draw_order(rng)
        while True:
            pair = self.draw_pair(rng, self.kinds)
            if rng.random() < self.look_alike_share:
                kind, colour = pair
                pair = (ordered.kind, colour) if rng.random() < 0.5 else (kind, ordered.colour)
            if pair not in NEW_PAIRS:
                return pair
