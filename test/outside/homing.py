"""A task of one's own: go to the beacon and stop there."""

from __future__ import annotations

import math
from pathlib import Path
from typing import ClassVar

from liquid_control_sim.layout import Layout, Place
from liquid_control_sim.tasks import Outcome, Task, Verdict

from liquid_control.contract import Positive, Range

HERE = Path(__file__).parent


class Homing(Task, frozen=True):
    """Come within half a metre of the beacon."""

    vehicle: ClassVar[str] = f"{HERE / 'puck.py'}:Puck"

    distance_m: Range = (2.0, 4.0)
    time_limit_s: Positive = 12.0
    near_m: Positive = 0.5

    def world(self):
        return {
            "vehicle": {"name": self.vehicle},
            "sensors": {"beacon": {"name": f"{HERE / 'beacon.py'}:Beacon"}},
            "scenery": {},
        }

    def draw(self, rng):
        distance, direction = rng.uniform(*self.distance_m), rng.uniform(-math.pi, math.pi)
        place = Place(distance * math.cos(direction), distance * math.sin(direction))
        yaw = rng.uniform(-math.pi, math.pi)
        return Layout((0.0, 0.0, 0.2), yaw, {"beacon": place}, target="beacon")

    def expert(self, command):
        return HomingExpert(command)

    def referee(self, layout):
        return HomingReferee(self, layout)

    def shortfall(self, truth, layout):
        return distance_m(truth, layout)

    def info(self, truth, layout):
        return {"distance_m": distance_m(truth, layout)}


class HomingExpert:
    """Turns towards the beacon and drives the faster the better it is ahead."""

    def __init__(self, command):
        self._command = command

    def reset(self, layout):
        self._place = layout.places[layout.target]

    def command(self, truth, goal):
        dx, dy = self._place.x_m - truth.position_m[0], self._place.y_m - truth.position_m[1]
        bearing = math.remainder(math.atan2(dy, dx) - truth.yaw_rad, 2 * math.pi)
        forward = min(1.0, math.hypot(dx, dy)) * max(0.0, math.cos(bearing))
        return self._command.clip((forward, 0.0, 0.0, 1.5 * bearing))


class HomingReferee:
    done = 0

    def __init__(self, task, layout):
        self._task, self._layout, self._verdict = task, layout, None

    def judge(self, truth, touched):
        if self._verdict is None and distance_m(truth, self._layout) < self._task.near_m:
            self._verdict = Verdict(Outcome.SUCCESS, truth.time_s)
        elif self._verdict is None and truth.time_s >= self._task.time_limit_s:
            self._verdict = Verdict(Outcome.TIMEOUT, truth.time_s)
        return self._verdict


def distance_m(truth, layout):
    place = layout.places[layout.target]
    return math.hypot(place.x_m - truth.position_m[0], place.y_m - truth.position_m[1])
