"""Find the red chair, fly to it, hover before it and look at it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, ClassVar

from numpy.random import Generator

from liquid_control.contract import Command, CommandCard, NotNegative, Positive, Range

from ..vehicles import Truth, Vector
from . import Layout, Place, Task
from ._geometry import clip, look_at
from ._referee import HoldReferee

TARGET_HEIGHT_M = 0.65
"""Of the middle of a chair."""
HOVER_DISTANCE_M = 2.0


class FlyToTarget(Task, frozen=True):
    """What a flight draws, and the limits that a success keeps for ``hold_s``.

    Attributes:
        target: key of the scenery to fly to.
        target_distance_m: from the start.
        start_height_m: above the ground.
        corridor_m: trees and rocks keep this far off the straight way.
        distance_m: of a success, from the middle of the target.
        facing_rad: how far off the target may be from straight ahead.
    """

    vehicle: ClassVar[str] = "quadrotor"

    target: str = "chair"
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
            {self.target: Place(x, y, target_yaw)},
            self.target,
            ((0.0, 0.0, x, y, self.corridor_m),),
            distance,
        )

    def expert(self, command: CommandCard) -> FlyToTargetExpert:
        """Return the pilot that a policy imitates."""
        return FlyToTargetExpert(command)

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


@dataclass(frozen=True)
class ExpertSettings:
    """Gains and setpoints of the expert, SI units."""

    hover_distance_m: float = HOVER_DISTANCE_M
    hover_height_m: float = TARGET_HEIGHT_M + 0.55
    approach_gain_hz: float = 0.8
    max_speed_m_s: float = 1.6
    max_retreat_m_s: float = 0.5
    yaw_gain_hz: float = 1.6
    search_rate_rad_s: float = 1.0
    climb_gain_hz: float = 1.0
    max_climb_m_s: float = 0.6
    half_view_rad: float = math.radians(38)


class FlyToTargetExpert:
    """Turns to the target, approaches it, and searches towards where it was last seen.

    It does only what its camera could tell it, so that a policy can imitate it.
    """

    def __init__(self, command: CommandCard, settings: ExpertSettings | None = None) -> None:
        self._card = command
        self.settings = settings or ExpertSettings()
        self._search_sign = 1.0

    def reset(self, layout: Layout) -> None:
        """Begin a flight: where the target is has not been seen; a search turns left."""
        self._target_m = target_of(layout)
        self._search_sign = 1.0

    def command(self, truth: Truth) -> Command:
        """Return what to do now."""
        s = self.settings
        view = look_at(truth, self._target_m)
        if abs(view.bearing_rad) > s.half_view_rad:
            # Only the target tells a camera how high it is: unknown ground has no scale.
            return self._card.clip((0.0, 0.0, 0.0, self._search_sign * s.search_rate_rad_s))
        if view.bearing_rad != 0.0:
            self._search_sign = math.copysign(1.0, view.bearing_rad)
        aligned = math.cos(view.bearing_rad) ** 4
        speed = s.approach_gain_hz * (view.distance_m - s.hover_distance_m) * aligned
        speed = min(s.max_speed_m_s, max(-s.max_retreat_m_s, speed))
        return self._card.clip(
            (
                speed * math.cos(view.bearing_rad),
                speed * math.sin(view.bearing_rad),
                clip(s.climb_gain_hz * (s.hover_height_m - truth.position_m[2]), s.max_climb_m_s),
                clip(s.yaw_gain_hz * view.bearing_rad, s.search_rate_rad_s),
            )
        )
