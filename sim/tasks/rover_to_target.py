"""Find the barrel that was ordered among others, drive up to it, stop and face it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from msgspec.structs import replace
from numpy.random import Generator

from liquid_control.contract import (
    Command,
    CommandCard,
    Goal,
    InputCard,
    NotNegative,
    Positive,
    Range,
    Share,
    goal_input,
    velocity,
)

from ..layout import Layout, Place
from ..vehicles import Truth
from . import Task
from ._geometry import View, clip, look_at
from ._ordered import check_manner, pair_of
from ._referee import HoldReferee

KIND, MANNER = "barrel", "approach"
BARREL_RADIUS_M = 0.28
STOP_DISTANCE_M = 1.4
BESIDE_WAY_M = (0.4, 0.8)
"""How far off the straight way a barrel stands that is on the way, from middle to middle."""


class RoverToTarget(Task, frozen=True):
    """What a flight draws, and the limits that a success keeps for ``hold_s``.

    Attributes:
        colours: of the barrels that there are; an order names one that stands there.
        count: fewest and most barrels of a flight, all of different colours.
        target_distance_m: of every barrel from the start.
        apart_m: least distance between two barrels.
        order: what every flight orders, such as ``blue barrel``; drawn anew where it is empty.
        on_the_way_share: share of the flights in which, if there is room, another barrel stands so
            near to the way that the rover must go around it.
        corridor_m: trees and rocks keep this far off the straight ways to the barrels.
        distance_m: of a success, from the middle of the ordered barrel.
        facing_rad: how far off that barrel may be from straight ahead.
        speed_m_s: of a success.
    """

    vehicle: ClassVar[str] = "rover"

    colours: tuple[str, ...] = ("red", "blue", "yellow", "green")
    count: tuple[int, int] = (3, 4)
    order: str = ""
    target_distance_m: Range = (3.0, 7.0)
    apart_m: NotNegative = 2.0
    on_the_way_share: Share = 0.4
    corridor_m: NotNegative = 2.0
    time_limit_s: Positive = 25.0
    distance_m: Range = (1.0, 1.8)
    facing_rad: Positive = math.radians(15)
    speed_m_s: Positive = 0.15
    hold_s: Positive = 1.0

    def __post_init__(self) -> None:
        if self.order:
            pair_of(self.order, (KIND,), self.colours)
        if not 1 <= self.count[0] <= self.count[1] <= len(self.colours):
            raise ValueError(
                f"expected a count from 1 to the {len(self.colours)} colours, found {self.count}"
            )
        if self.count[1] * self.apart_m > math.pi * self.target_distance_m[1]:
            raise ValueError(
                f"expected barrels nearer to each other than apart_m {self.apart_m:g} m: "
                f"{self.count[1]} have no room {self.target_distance_m[1]:g} m around the start"
            )

    def world(self) -> dict[str, Any]:
        """Return a field with barrels, and a rover with camera and IMU."""
        scenery = ("sky", "ground", "light", "trees", "rocks")
        return {
            "vehicle": {"name": self.vehicle},
            "sensors": {"image": {"name": "camera"}, "imu": {"name": "imu"}},
            "scenery": {
                **{name: {"name": name} for name in scenery},
                **{key_of(colour): {"name": KIND, "colour": colour} for colour in self.colours},
            },
            "wind": None,
        }

    def draw(self, rng: Generator) -> Layout:
        """Draw barrels around the start, one of which is ordered; none hides another there."""
        count = int(rng.integers(*self.count, endpoint=True))
        colours = [self.colours[i] for i in rng.permutation(len(self.colours))]
        if self.order:
            _, ordered = pair_of(self.order, (KIND,), self.colours)
            colours.sort(key=lambda colour: colour != ordered)
        keys = [key_of(colour) for colour in colours[:count]]
        blocked = rng.random() < self.on_the_way_share
        places: list[Place] = []
        while len(places) < count:
            blocks = blocked and len(places) == 1
            place = self._on_the_way(rng, places[0]) if blocks else self._anywhere(rng)
            if all(_are_apart(place, other, self.apart_m) for other in places):
                places.append(place)
        return Layout(
            (0.0, 0.0, 0.0),
            float(rng.uniform(-math.pi, math.pi)),
            dict(zip(keys, places, strict=True)),
            keys[0],
            tuple((0.0, 0.0, p.x_m, p.y_m, self.corridor_m) for p in places),
            max(math.hypot(p.x_m, p.y_m) for p in places),
        )

    def _anywhere(self, rng: Generator) -> Place:
        r, a = rng.uniform(*self.target_distance_m), rng.uniform(-math.pi, math.pi)
        return Place(r * math.cos(a), r * math.sin(a))

    def _on_the_way(self, rng: Generator, target: Place) -> Place:
        """Draw a place just beside the way to the target; anywhere if the target is too near."""
        nearest, distance = self.target_distance_m[0], math.hypot(target.x_m, target.y_m)
        if distance - self.apart_m <= nearest:
            return self._anywhere(rng)
        along = rng.uniform(nearest, distance - self.apart_m)
        off = rng.uniform(*BESIDE_WAY_M) * float(rng.choice((-1.0, 1.0)))
        x, y = target.x_m / distance, target.y_m / distance
        return Place(along * x - off * y, along * y + off * x)

    def ordered(self, goal: Goal) -> RoverToTarget:
        """Return the task with this barrel's order in every flight."""
        check_manner(goal, MANNER)
        return replace(self, order=f"{goal.colour} {goal.kind}")

    def goal(self, layout: Layout, done: int) -> Goal:
        """Return the order, the same for the whole flight."""
        return Goal(KIND, layout.target.removesuffix(f"_{KIND}"), MANNER)

    def vocabulary(self) -> InputCard:
        """Return the card of the orders: every colour that there is."""
        return goal_input((KIND,), self.colours, (MANNER,))

    def expert(self, command: CommandCard) -> RoverExpert:
        """Return the driver that a policy imitates."""
        return RoverExpert(command)

    def referee(self, layout: Layout) -> HoldReferee:
        """Return a referee that wants the ordered barrel ahead, at its distance, and a stop."""
        place, (near, far) = layout.places[layout.target], self.distance_m

        def holds(truth: Truth) -> bool:
            view = view_of(truth, place)
            return (
                near <= view.distance_m <= far
                and abs(view.bearing_rad) <= self.facing_rad
                and math.hypot(*truth.velocity_m_s) < self.speed_m_s
            )

        return HoldReferee(holds, self.hold_s, self.time_limit_s)

    def shortfall(self, truth: Truth, layout: Layout) -> float:
        """Return how far a rover is from its stop: metres plus radians."""
        view = view_of(truth, layout.places[layout.target])
        return abs(view.distance_m - STOP_DISTANCE_M) + abs(view.bearing_rad)

    def info(self, truth: Truth, layout: Layout) -> dict[str, float]:
        """Return distance and bearing of the ordered barrel."""
        view = view_of(truth, layout.places[layout.target])
        return {"distance_m": view.distance_m, "bearing_rad": view.bearing_rad}


def key_of(colour: str) -> str:
    """Return what a barrel of a colour is called in the world."""
    return f"{colour}_{KIND}"


def view_of(truth: Truth, place: Place) -> View:
    """Return how the rover sees a place on the ground: distance in the plane, and bearing."""
    return look_at(truth, (place.x_m, place.y_m, truth.position_m[2]))


def _are_apart(one: Place, other: Place, apart_m: float) -> bool:
    """Return whether two barrels leave room between them, and are seen apart from the origin."""
    if math.hypot(one.x_m - other.x_m, one.y_m - other.y_m) < apart_m:
        return False
    turn = math.atan2(one.y_m, one.x_m) - math.atan2(other.y_m, other.x_m)
    far, near = sorted(BARREL_RADIUS_M / math.hypot(p.x_m, p.y_m) for p in (one, other))
    return abs(math.remainder(turn, 2 * math.pi)) > near + 0.5 * far


@dataclass(frozen=True)
class ExpertSettings:
    """Gains and setpoints of the expert, SI units.

    Attributes:
        clearance_m: between the middles of rover and barrel where it passes one.
        wary_m: how far off a barrel must be not to be thought of.
        memory_s: for how long what has left the view is still believed to be there.
        ahead_price: what leaving the present heading costs, for leaving the goal's 1.
    """

    stop_distance_m: float = STOP_DISTANCE_M
    approach_gain_hz: float = 0.8
    max_speed_m_s: float = 1.0
    max_retreat_m_s: float = 0.3
    yaw_gain_hz: float = 1.6
    search_rate_rad_s: float = 0.9
    half_view_rad: float = math.radians(38)
    clearance_m: float = 0.85
    wary_m: float = 4.0
    memory_s: float = 2.0
    ahead_price: float = 0.3


class RoverExpert:
    """Turns until the ordered barrel is in view, and drives to it around the others.

    It uses only what its camera sees or has just seen, so that a policy can imitate it.
    """

    def __init__(self, command: CommandCard, settings: ExpertSettings | None = None) -> None:
        self._card = command
        self.settings = settings or ExpertSettings()

    def reset(self, layout: Layout) -> None:
        """Begin a flight: nothing has been seen; a search turns left."""
        self._places, self._target = layout.places, layout.target
        self._seen_s: dict[str, float] = {}
        self._search_sign = 1.0

    def command(self, truth: Truth, goal: Goal | None = None) -> Command:
        """Return what to do now."""
        s = self.settings
        views = {key: view_of(truth, place) for key, place in self._places.items()}
        for key in views:
            if self._sees(key, views):
                self._seen_s[key] = truth.time_s
        known = {k for k, seen in self._seen_s.items() if truth.time_s - seen <= s.memory_s}
        if self._target not in known:
            return self._drive(0.0, self._search_sign * s.search_rate_rad_s)
        view = views[self._target]
        self._search_sign = math.copysign(1.0, view.bearing_rad)
        others = [views[key] for key in known - {self._target}]
        heading = self._way(view, [v for v in others if v.distance_m < s.wary_m])
        speed = s.approach_gain_hz * (view.distance_m - s.stop_distance_m)
        speed = max(-s.max_retreat_m_s, min(s.max_speed_m_s, speed))
        return self._drive(speed * max(0.0, math.cos(heading)) ** 4, s.yaw_gain_hz * heading)

    def _drive(self, forward_m_s: float, yaw_rate_rad_s: float) -> Command:
        turn = clip(yaw_rate_rad_s, self.settings.search_rate_rad_s)
        return self._card.clip(velocity(forward_m_s, yaw_rate_rad_s=turn).values)

    def _sees(self, key: str, views: dict[str, View]) -> bool:
        """Return whether a barrel is in view, and not behind another."""
        view = views[key]
        return abs(view.bearing_rad) <= self.settings.half_view_rad and not any(
            other.distance_m < view.distance_m
            and abs(other.bearing_rad - view.bearing_rad) < BARREL_RADIUS_M / other.distance_m
            for other in views.values()
        )

    def _way(self, goal: View, others: list[View]) -> float:
        """Return the heading to take, left positive: to the goal, or past what is on the way."""
        ways = [goal.bearing_rad]
        for other in others:
            margin = self._margin_rad(other)
            ways += [other.bearing_rad - margin, other.bearing_rad + margin]
        free = [way for way in ways if all(self._is_free(way, goal, o) for o in others)]
        return min(
            free or ways,
            key=lambda way: abs(way - goal.bearing_rad) + self.settings.ahead_price * abs(way),
        )

    def _is_free(self, way_rad: float, goal: View, other: View) -> bool:
        """Return whether a heading passes a barrel with clearance, or ends before it."""
        off = abs(math.remainder(way_rad - other.bearing_rad, 2 * math.pi))
        ends_before = goal.distance_m - self.settings.stop_distance_m < other.distance_m - 1.0
        return ends_before or off >= self._margin_rad(other) - 1e-6

    def _margin_rad(self, other: View) -> float:
        """Return how far beside a barrel a heading must point to pass it with clearance."""
        return math.asin(min(1.0, self.settings.clearance_m / other.distance_m))
