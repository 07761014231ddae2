"""The expert of every flying task: search, go around what stands in the way, arrive and stay.

It uses only what its camera shows or has shown, so that a policy can imitate it. Whatever it does,
it goes to the same height, for a policy has to tell when to climb from the ground alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from liquid_control.contract import Command, CommandCard, Goal

from ..layout import Layout, Place
from ..vehicles import Truth
from ._geometry import clip, look_along, within
from ._known import Known, Sight, shape_of
from ._recall import RECALLED, recalled_of
from ._search import Search

FOLLOW, PASS = "follow", "pass"
MIDDLE_M = 0.6
"""How high the middle of a thing is."""


@dataclass(frozen=True)
class NavigatorSettings:
    """Gains and setpoints of the expert, SI units.

    Attributes:
        hover_edge_m: from the edge of what it approaches.
        height_m: at which it searches, hovers and passes.
        search_speed_m_s: of a search that goes ahead.
        target_memory_s: for how long it goes on to where it last saw what it looks for.
        obstacle_memory_s: for how long it keeps clear of what has left the view.
        foresight_s: from now, when to keep clear of where that which moves will be.
        clearance_m: that it likes to keep from what it passes.
        horizon_m: how far ahead it looks for a way.
        step_rad: between the headings that it compares,
        widest_rad: up to so far off the goal.
    """

    hover_edge_m: float = 1.65
    height_m: float = 1.2
    approach_gain_hz: float = 0.8
    follow_gain_hz: float = 1.2
    max_speed_m_s: float = 1.6
    min_speed_m_s: float = 0.35
    max_retreat_m_s: float = 0.5
    yaw_gain_hz: float = 1.6
    search_rate_rad_s: float = 1.0
    search_speed_m_s: float = 1.0
    climb_gain_hz: float = 0.4
    max_climb_m_s: float = 0.6
    target_memory_s: float = 4.0
    obstacle_memory_s: float = 2.0
    foresight_s: tuple[float, ...] = (0.0, 0.5, 1.0, 1.5)
    clearance_m: float = 0.7
    horizon_m: float = 7.0
    step_rad: float = math.radians(4)
    widest_rad: float = math.radians(100)


class Navigator:
    """Does what an order says: approach, follow or pass the thing of a kind and colour.

    Args:
        command: the limits of the vehicle.
        settings: gains and setpoints.

    Attributes:
        recalled: names of what it can say that it remembers.
    """

    recalled = RECALLED

    def __init__(self, command: CommandCard, settings: NavigatorSettings | None = None) -> None:
        self._card, self.settings = command, settings or NavigatorSettings()
        s = self.settings
        steps = math.floor(s.widest_rad / s.step_rad)
        self._fan = np.linspace(-steps, steps, 2 * steps + 1) * s.step_rad

    def reset(self, layout: Layout) -> None:
        """Begin a flight: nothing has been seen; a search turns left."""
        self._known = Known(layout)
        self._search = Search()
        self._passed: set[str] = set()
        self._sides: dict[str, float] = {}
        self._search_sign = 1.0
        self._goal: Goal | None = None
        self._aim: Sight | None = None

    def command(self, truth: Truth, goal: Goal | None) -> Command:
        """Return what to do now."""
        assert goal is not None
        if goal != self._goal:
            self._goal, self._search_sign, self._search = goal, 1.0, Search()
        self._known.look(truth)
        goes_ahead = self._search.goes_ahead(truth, self._known)
        target = self._aim = self._target(truth, goal)
        if target is None:
            return self._look_for(truth, goes_ahead)
        if goal.manner == PASS:
            return self._pass(truth, target)
        return self._approach(truth, target, goal.manner == FOLLOW)

    def recall(self, truth: Truth) -> tuple[float, ...]:
        """Return what it remembers after a command, by the names of ``recalled``."""
        beside = self._known.obstacles(truth, self.settings.obstacle_memory_s)
        return recalled_of(truth, self._aim, self._search, beside)

    def is_alarmed(self, truth: Truth, seconds: float = 0.5) -> bool:
        """Return whether keeping on as now would touch something seen within that time."""
        vx, vy, _ = truth.velocity_m_s
        x, y = truth.position_m[:2]
        circles = self._known.obstacles(truth, self.settings.obstacle_memory_s)
        if not len(circles) or math.hypot(vx, vy) < 0.2:
            return False
        times = np.linspace(0.0, seconds, 6)[:, None]
        away = np.hypot(circles[:, 0] - x - vx * times, circles[:, 1] - y - vy * times)
        return bool((away - circles[:, 2] < 0.25).any())

    def _target(self, truth: Truth, goal: Goal) -> Sight | None:
        """Return the nearest of what was ordered and seen lately; not one that was passed."""
        memory_s = self.settings.target_memory_s
        found = [
            s
            for s in self._known.ordered(goal)
            if truth.time_s - s.at_s <= memory_s and s.name not in self._passed
        ]
        x, y = truth.position_m[:2]
        return min(found, key=lambda s: math.hypot(s.place.x_m - x, s.place.y_m - y), default=None)

    def _look_for(self, truth: Truth, goes_ahead: bool) -> Command:
        """Turn, or go ahead and around what stands there."""
        s = self.settings
        if not goes_ahead:
            return self._fly(truth, 0.0, 0.0, self._search_sign * math.pi)
        way, free_m = self._way(truth, 0.0, s.horizon_m, "")
        return self._fly(truth, min(s.search_speed_m_s, self._careful(free_m)), way, way)

    def _approach(self, truth: Truth, target: Sight, follows: bool) -> Command:
        s, place = self.settings, target.place
        view = look_along(truth, place.x_m, place.y_m)
        to_go_m = view.distance_m - shape_of(place.kind).radius_m - s.hover_edge_m
        gain = s.follow_gain_hz if follows else s.approach_gain_hz
        if to_go_m < 0.0:
            speed, way = max(-s.max_retreat_m_s, gain * to_go_m), view.bearing_rad
        else:
            way, free_m = self._way(truth, view.bearing_rad, to_go_m, target.name)
            speed = min(gain * to_go_m, self._careful(free_m)) * _in_sight(truth, view.distance_m)
        facing = view.bearing_rad if to_go_m < 0.8 else way
        self._search_from(facing)
        return self._fly(truth, speed, way, facing)

    def _pass(self, truth: Truth, target: Sight) -> Command:
        """Go to a point before the middle, then straight through along its heading."""
        place, kind = target.place, shape_of(target.place.kind)
        along, aside = _in_frame(place, truth)
        if abs(along) > 0.6 or target.name not in self._sides:
            self._sides[target.name] = math.copysign(1.0, along)
        side = self._sides[target.name]
        if along * side < -0.1 and abs(aside) < kind.half_length_m:
            self._passed.add(target.name)
        straight = abs(aside) < 0.3 or abs(along) < 1.0
        aim = -side * 1.2 if straight else side * 1.4
        c, n = math.cos(place.yaw_rad), math.sin(place.yaw_rad)
        view = look_along(truth, place.x_m + aim * c, place.y_m + aim * n)
        gate = look_along(truth, place.x_m, place.y_m)
        way, free_m = self._way(truth, view.bearing_rad, view.distance_m, "")
        facing = gate.bearing_rad if abs(along) > 1.0 else way
        self._search_from(facing)
        return self._fly(truth, min(1.4, self._careful(free_m)), way, facing)

    def _search_from(self, facing_rad: float) -> None:
        """Let the next search turn to this side."""
        if facing_rad != 0.0:
            self._search_sign = math.copysign(1.0, facing_rad)

    def _careful(self, free_m: float) -> float:
        s = self.settings
        return within(0.62 * (free_m - 0.3), s.min_speed_m_s, s.max_speed_m_s)

    def _fly(self, truth: Truth, speed_m_s: float, way_rad: float, facing_rad: float) -> Command:
        s = self.settings
        speed = speed_m_s * max(0.0, math.cos(way_rad)) ** 3
        up = s.climb_gain_hz * (s.height_m - truth.position_m[2])
        return self._card.clip(
            (
                speed * math.cos(way_rad),
                speed * math.sin(way_rad),
                clip(up, s.max_climb_m_s),
                clip(s.yaw_gain_hz * facing_rad, s.search_rate_rad_s),
            )
        )

    def _way(
        self, truth: Truth, goal_rad: float, to_go_m: float, target: str
    ) -> tuple[float, float]:
        """Return the heading to take, relative to the vehicle's, and how far it is free."""
        s = self.settings
        circles = self._known.obstacles(truth, s.obstacle_memory_s, target, s.foresight_s)
        if not len(circles):
            return goal_rad, s.horizon_m
        headings = goal_rad + self._fan
        along, aside, radius = _ahead(circles, truth, headings)
        reach = min(s.horizon_m, to_go_m + 0.6)
        clearance = np.where(along > 0.0, np.abs(aside), np.hypot(along, aside)) - radius
        counts = (along > -0.3) & (along - radius < reach)
        near = np.clip(1.0 - np.maximum(along - radius, 0.0) / s.horizon_m, 0.0, 1.0)
        lack = np.clip((s.clearance_m - clearance) / s.clearance_m, 0.0, 2.0)
        danger = np.where(counts, near * lack**2, 0.0).max(axis=1)
        cost = 0.6 * self._fan**2 + 0.25 * _off_present(truth, headings) ** 2 + 3.0 * danger
        best = int(np.argmin(cost))
        blocked = counts[best] & (along[best] > 0.0) & (clearance[best] < 0.3)
        ways = np.where(blocked, along[best] - radius, s.horizon_m)
        return float(headings[best]), float(ways.min())


def _in_sight(truth: Truth, distance_m: float) -> float:
    """Return by how much to slow down from high above, where what is below leaves the view."""
    below_rad = math.atan2(truth.position_m[2] - MIDDLE_M, max(distance_m, 0.1))
    return within((math.radians(28) - below_rad) / math.radians(8), 0.1, 1.0)


def _ahead(
    circles: NDArray[np.float64], truth: Truth, headings: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return how far (headings, circles) each is along and aside of every heading, and radii."""
    x, y = truth.position_m[:2]
    dx, dy = circles[:, 0] - x, circles[:, 1] - y
    c, n = (f(truth.yaw_rad + headings)[:, None] for f in (np.cos, np.sin))
    return c * dx + n * dy, c * dy - n * dx, circles[:, 2]


def _off_present(truth: Truth, headings: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far headings are off the present motion; nothing while there is hardly any."""
    vx, vy, _ = truth.velocity_m_s
    if math.hypot(vx, vy) < 0.3:
        return np.zeros_like(headings)
    off = truth.yaw_rad + headings - math.atan2(vy, vx)
    return (off + math.pi) % (2 * math.pi) - math.pi


def _in_frame(place: Place, truth: Truth) -> tuple[float, float]:
    """Return where a vehicle is along and aside (left) of a place's heading, m."""
    dx, dy = truth.position_m[0] - place.x_m, truth.position_m[1] - place.y_m
    c, n = math.cos(place.yaw_rad), math.sin(place.yaw_rad)
    return c * dx + n * dy, c * dy - n * dx
