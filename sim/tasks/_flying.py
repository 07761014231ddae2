"""What every flying task shares: its world, its orders, its expert, and what a hover is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from numpy.random import Generator

from liquid_control.contract import (
    CommandCard,
    Goal,
    InputCard,
    Positive,
    Range,
    goal_input,
)

from ..layout import Layout, Place
from ..scenery.colours import SHADES
from ..scenery.kinds import ORDERABLE, kind_of
from ..vehicles import Truth
from . import Task
from ._geometry import View, look_along
from ._navigator import Navigator
from ._referee import HoldReferee

MANNERS = ("approach", "follow", "pass")
COLOURS = tuple(SHADES)
HOVER_EDGE_M = 1.65
KINDS = tuple(kind for kind in ORDERABLE if kind != "gate")
"""What can be approached."""
AROUND: dict[str, Any] = {
    "sky": {
        "name": "sky",
        "looks": ["clouds", "clouds", "overcast", "sunset", "night", "hall", "hall", "gradient"],
        "horizons": ["none", "hills", "woods", "buildings"],
        "zenith": [[0.1, 0.9], [0.2, 0.9], [0.3, 1.0]],
        "horizon": [[0.1, 0.9], [0.2, 0.9], [0.3, 1.0]],
    },
    "ground": {
        "name": "ground",
        "looks": [
            *("lawn", "lawn", "gravel", "plain", "speckle"),
            *("tiles", "planks", "checker", "stripes"),
        ],
        "repeat": [8.0, 60.0],
    },
    "light": {
        "name": "light",
        "brightness": [0.5, 1.3],
        "elevation_rad": [0.3, 1.5],
        "tint": 0.12,
        "ambient": [0.4, 0.7],
    },
    "haze": {"name": "haze", "visibility_m": [40.0, 300.0], "share": 0.35},
    "trees": {"name": "trees"},
    "rocks": {"name": "rocks"},
}
"""Skies, grounds and light of every sort: what looks alike in two flights is not to be learnt."""
OBSTACLES = ("trunk", "pole", "wall", "fence", "boulder")


class Flying(Task, frozen=True):
    """Base of the tasks of a quadrotor that is told a kind, a colour and a manner.

    Attributes:
        start_height_m: above the ground.
        edge_m: distance of a success from the edge of what was ordered.
        facing_rad: how far off it may be from straight ahead.
        speed_m_s: of a success.
        hold_s: for how long a success lasts.
    """

    vehicle: ClassVar[str] = "quadrotor"

    start_height_m: Range = (0.9, 2.2)
    time_limit_s: Positive = 30.0
    edge_m: Range = (0.9, 2.4)
    facing_rad: Positive = math.radians(12)
    speed_m_s: Positive = 0.3
    hold_s: Positive = 1.0

    def world(self) -> dict[str, Any]:
        """Return a field with what the task needs, and a quadrotor with camera and IMU."""
        things = {kind: {"name": kind, "count": n} for kind, n in self.counts().items()}
        return {
            "vehicle": {"name": self.vehicle},
            "sensors": {"image": {"name": "camera"}, "imu": {"name": "imu"}},
            "scenery": {**AROUND, **things},
        }

    def counts(self) -> Mapping[str, int]:
        """Return the most that a flight may have of every kind."""
        raise NotImplementedError

    def vocabulary(self) -> InputCard:
        """Return the card of the orders: every kind, colour and manner that there is."""
        return goal_input(ORDERABLE, COLOURS, MANNERS)

    def goal(self, layout: Layout, done: int) -> Goal:
        """Return the order to approach the target."""
        return order_of(layout.places[layout.target])

    def expert(self, command: CommandCard) -> Navigator:
        """Return the pilot that a policy imitates."""
        return Navigator(command)

    def referee(self, layout: Layout) -> Any:
        """Return a referee that wants the target ahead, at its distance, and little speed."""
        target = layout.places[layout.target]
        return HoldReferee(
            lambda truth: self.hovers_at(truth, target), self.hold_s, self.time_limit_s
        )

    def hovers_at(self, truth: Truth, place: Place) -> bool:
        """Return whether a vehicle hovers before a thing, as an approach should end."""
        view, edge_m = edge_of(truth, place)
        near, far = self.edge_m
        return (
            near <= edge_m <= far
            and abs(view.bearing_rad) <= self.facing_rad
            and math.hypot(*truth.velocity_m_s) < self.speed_m_s
        )

    def shortfall(self, truth: Truth, layout: Layout) -> float:
        """Return how far a vehicle is from hovering before the target: metres plus radians."""
        view, edge_m = edge_of(truth, layout.places[layout.target])
        return abs(edge_m - HOVER_EDGE_M) + abs(view.bearing_rad)

    def info(self, truth: Truth, layout: Layout) -> dict[str, float]:
        """Return distance and bearing of the target."""
        view, _ = edge_of(truth, layout.places[layout.target])
        return {"distance_m": view.distance_m, "bearing_rad": view.bearing_rad}


def edge_of(truth: Truth, place: Place) -> tuple[View, float]:
    """Return how a vehicle sees a thing in the plane, and how far its edge is."""
    now = place.at(truth.time_s)
    view = look_along(truth, now.x_m, now.y_m)
    return view, view.distance_m - kind_of(now.kind).radius_m


def order_of(place: Place, manner: str = "approach") -> Goal:
    """Return the order for a thing."""
    return Goal(place.kind, place.colour, manner)


def name_of(place: Place) -> str:
    """Return what a person calls it: ``blue barrel``."""
    return f"{place.colour} {place.kind}"


def anywhere(
    rng: Generator, distance_m: Range, towards_rad: Range = (-math.pi, math.pi)
) -> tuple[float, float]:
    """Return a point around the origin."""
    r, a = rng.uniform(*distance_m), rng.uniform(*towards_rad)
    return float(r * math.cos(a)), float(r * math.sin(a))


def are_apart(x: float, y: float, others: Iterable[Place], apart_m: float) -> bool:
    """Return whether a point is so far from all places."""
    return all(math.hypot(x - p.x_m, y - p.y_m) >= apart_m for p in others)


def draw_yaw(rng: Generator) -> float:
    """Return any heading."""
    return float(rng.uniform(-math.pi, math.pi))


def strew(  # noqa: PLR0917 - one flight's wood
    rng: Generator,
    count: int,
    kinds: Iterable[str],
    draw: Any,
    taken: dict[str, Place],
    apart_m: float,
    gap_m: float = 1.1,
) -> None:
    """Add obstacles to places, each where ``draw()`` says and there is room.

    Args:
        rng: of the flight.
        count: how many; fewer where no room is found.
        kinds: of which one is drawn each time.
        draw: returns a point.
        taken: where things stand; the obstacles are added.
        apart_m: least distance from the edge of an obstacle to things that can be ordered,
        gap_m: and to the edge of another obstacle.
    """
    names = tuple(kinds)
    for i in range(count):
        for _ in range(20):
            kind = names[int(rng.integers(len(names)))]
            x, y = draw()
            place = Place(x, y, draw_yaw(rng), kind)
            if _has_room(place, taken.values(), apart_m, gap_m):
                taken[f"{kind}_{i}"] = place
                break


def _has_room(place: Place, others: Iterable[Place], apart_m: float, gap_m: float) -> bool:
    circles = kind_of(place.kind).outline(place)
    for other in others:
        kind = kind_of(other.kind)
        wanted = apart_m if kind.orderable else gap_m
        for x, y, radius in kind.outline(other):
            if any(math.hypot(x - a, y - b) - radius - r < wanted for a, b, r in circles):
                return False
    return True
