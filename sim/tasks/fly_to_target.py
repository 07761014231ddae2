"""Find the red chair, fly to it, hover before it and look at it."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from numpy.random import Generator

from liquid_control.contract import (
    CommandCard,
    Goal,
    InputCard,
    NotNegative,
    Positive,
    Range,
    goal_input,
)

from ..layout import Layout, Place
from ..scenery.kinds import ORDERABLE
from ..vehicles import Truth, Vector
from . import Task
from ._flying import COLOURS, MANNERS
from ._geometry import look_at
from ._navigator import Navigator
from ._referee import HoldReferee

TARGET_HEIGHT_M = 0.65
"""Of the middle of a chair."""
HOVER_DISTANCE_M = 2.0


class FlyToTarget(Task, frozen=True):
    """What a flight draws, and the limits that a success keeps for ``hold_s``.

    Attributes:
        target: key of the scenery to fly to; a kind of thing, or an object of one's own.
        colour: of the target; an object of one's own keeps its looks.
        target_distance_m: from the start.
        start_height_m: above the ground.
        corridor_m: trees and rocks keep this far off the straight way.
        distance_m: of a success, from the middle of the target.
        facing_rad: how far off the target may be from straight ahead.
    """

    vehicle: ClassVar[str] = "quadrotor"

    target: str = "chair"
    colour: str = "red"
    target_distance_m: Range = (4.0, 10.0)
    start_height_m: Range = (0.9, 2.2)
    corridor_m: NotNegative = 1.8
    time_limit_s: Positive = 20.0
    distance_m: Range = (1.3, 2.7)
    facing_rad: Positive = math.radians(12)
    speed_m_s: Positive = 0.3
    hold_s: Positive = 1.0

    def world(self) -> dict[str, Any]:
        """Return a field with trees, rocks and a chair, and a quadrotor with camera and IMU."""
        scenery = ("sky", "ground", "light", "trees", "rocks")
        return {
            "vehicle": {"name": self.vehicle},
            "sensors": {"image": {"name": "camera"}, "imu": {"name": "imu"}},
            "scenery": {
                **{name: {"name": name} for name in scenery},
                self.target: {"name": "chair"},
            },
        }

    def draw(self, rng: Generator) -> Layout:
        """Draw a start above the origin and a target around it, anywhere to its heading."""
        distance = rng.uniform(*self.target_distance_m)
        direction = rng.uniform(-math.pi, math.pi)
        x, y = distance * math.cos(direction), distance * math.sin(direction)
        start = (0.0, 0.0, rng.uniform(*self.start_height_m))
        start_yaw, target_yaw = rng.uniform(-math.pi, math.pi, 2).tolist()
        return Layout(
            start,
            start_yaw,
            {self.target: Place(x, y, target_yaw, colour=self.colour)},
            self.target,
            ((0.0, 0.0, x, y, self.corridor_m),),
            distance,
        )

    def goal(self, layout: Layout, done: int) -> Goal:
        """Return the order to approach the target."""
        return Goal(layout.target, self.colour)

    def vocabulary(self) -> InputCard:
        """Return the card of the orders: those of every flying task, and one's own target."""
        return goal_input(tuple(dict.fromkeys((*ORDERABLE, self.target))), COLOURS, MANNERS)

    def expert(self, command: CommandCard) -> Navigator:
        """Return the pilot that a policy imitates."""
        return Navigator(command)

    def referee(self, layout: Layout) -> HoldReferee:
        """Return a referee that wants the target ahead, at its distance, and little speed."""
        target_m, (near, far) = target_of(layout), self.distance_m

        def holds(truth: Truth) -> bool:
            view = look_at(truth, target_m)
            return (
                near <= view.distance_m <= far
                and abs(view.bearing_rad) <= self.facing_rad
                and math.hypot(*truth.velocity_m_s) < self.speed_m_s
            )

        return HoldReferee(holds, self.hold_s, self.time_limit_s)

    def shortfall(self, truth: Truth, layout: Layout) -> float:
        """Return how far a vehicle is from the hover: metres plus radians."""
        view = look_at(truth, target_of(layout))
        return abs(view.distance_m - HOVER_DISTANCE_M) + abs(view.bearing_rad)

    def info(self, truth: Truth, layout: Layout) -> dict[str, float]:
        """Return distance and bearing of the target."""
        view = look_at(truth, target_of(layout))
        return {"distance_m": view.distance_m, "bearing_rad": view.bearing_rad}


def target_of(layout: Layout) -> Vector:
    """Return the middle of the target, ENU."""
    place = layout.places[layout.target]
    return (place.x_m, place.y_m, TARGET_HEIGHT_M)
