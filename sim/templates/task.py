"""A task of one's own: fly to a blue post and wait in front of it.

Train it:     liquid-control train my_task.yaml
The expert:   liquid-control evaluate expert --task my_task.py:MyTask
Its world:    liquid-control world my_task.py:MyTask
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import mujoco
from liquid_control_sim.layout import Layout, Place
from liquid_control_sim.scenery import Scenery
from liquid_control_sim.tasks import Outcome, Task, Verdict
from liquid_control_sim.vehicles import Truth
from numpy.random import Generator

from liquid_control.contract import Command, CommandCard, Goal, Positive, Range

POST = "post"
"""The key of the post: in the layout, in the world's scenery, and the name of its body."""


class MyTask(Task, frozen=True):
    """Fly to a blue post and wait in front of it.

    The fields are the settings: each can be changed in a YAML, under ``world: {task: ...}``.
    A pair is a range, from which every flight draws.
    """

    vehicle: ClassVar[str] = "quadrotor"

    post_distance_m: Range = (3.0, 7.0)
    start_height_m: Range = (0.9, 1.5)
    near_m: Range = (1.0, 2.2)  # how far from the post a success is
    facing_rad: Positive = math.radians(15)
    hold_s: Positive = 1.0
    time_limit_s: Positive = 20.0

    def world(self) -> dict[str, Any]:
        """Return what there is: the vehicle, its sensors and everything around it."""
        post = f"{Path(__file__).resolve()}:MyTaskPost"
        around = ("sky", "ground", "light", "trees")
        return {
            "vehicle": {"name": self.vehicle},
            "sensors": {"image": {"name": "camera"}, "imu": {"name": "imu"}},
            "scenery": {**{name: {"name": name} for name in around}, POST: {"name": post}},
        }

    def draw(self, rng: Generator) -> Layout:
        """Draw one flight: where it starts and where the post stands; from ``rng`` alone."""
        distance_m = rng.uniform(*self.post_distance_m)
        direction = rng.uniform(-math.pi, math.pi)
        x_m, y_m = distance_m * math.cos(direction), distance_m * math.sin(direction)
        return Layout(
            start_position_m=(0.0, 0.0, rng.uniform(*self.start_height_m)),
            start_yaw_rad=rng.uniform(-math.pi, math.pi),
            places={POST: Place(x_m, y_m)},
            target=POST,
            clear=((0.0, 0.0, x_m, y_m, 1.8),),  # no tree within 1.8 m of the way
            extent_m=distance_m,
        )

    def expert(self, command: CommandCard) -> MyTaskExpert:
        """Return the pilot that a policy learns from."""
        return MyTaskExpert(command, hover_m=sum(self.near_m) / 2)

    def referee(self, layout: Layout) -> MyTaskReferee:
        """Return who judges one flight."""
        return MyTaskReferee(self, layout)

    def shortfall(self, truth: Truth, layout: Layout) -> float:
        """Return how much is still to be done; its decrease is the reward of the Gym world."""
        distance_m, bearing_rad = see_post(truth, layout)
        return abs(distance_m - sum(self.near_m) / 2) + abs(bearing_rad)


class MyTaskReferee:
    """Success after a while near the post and facing it, collision once anything is touched."""

    def __init__(self, task: MyTask, layout: Layout) -> None:
        self._task, self._layout = task, layout
        self.done = 0  # parts of the task: an order may change with them
        self._since_s: float | None = None
        self._verdict: Verdict | None = None

    def judge(self, truth: Truth, touched: str | None) -> Verdict | None:
        """Return the verdict once the flight has ended, the same ever after; else None."""
        self._verdict = self._verdict or self._decide(truth, touched)
        return self._verdict

    def _decide(self, truth: Truth, touched: str | None) -> Verdict | None:
        if touched is not None:
            return Verdict(Outcome.COLLISION, truth.time_s, touched)
        distance_m, bearing_rad = see_post(truth, self._layout)
        near_m, far_m = self._task.near_m
        if not (near_m <= distance_m <= far_m and abs(bearing_rad) <= self._task.facing_rad):
            self._since_s = None
        elif self._since_s is None:
            self._since_s = truth.time_s
        elif truth.time_s - self._since_s >= self._task.hold_s:
            return Verdict(Outcome.SUCCESS, truth.time_s)
        return Verdict(Outcome.TIMEOUT, truth.time_s) if self._late(truth) else None

    def _late(self, truth: Truth) -> bool:
        return truth.time_s >= self._task.time_limit_s


class MyTaskExpert:
    """Turns left until the post is in view, then flies to it.

    It knows the truth, but should do only what its camera could tell it: what no camera can see,
    no policy can learn.
    """

    def __init__(self, command: CommandCard, hover_m: float) -> None:
        self._card, self._hover_m = command, hover_m

    def reset(self, layout: Layout) -> None:
        """Begin a flight."""
        self._layout = layout

    def command(self, truth: Truth, goal: Goal | None) -> Command:
        """Return what to do now: forward, left, up in m/s and yaw rate in rad/s."""
        distance_m, bearing_rad = see_post(truth, self._layout)
        if abs(bearing_rad) > math.radians(38):  # outside of its view
            return self._card.clip((0.0, 0.0, 0.0, 0.8))
        speed_m_s = max(-0.5, min(1.2, 0.8 * (distance_m - self._hover_m)))
        forward_m_s = speed_m_s * math.cos(bearing_rad) ** 4
        up_m_s = 0.8 * (1.0 - truth.position_m[2])
        return self._card.clip((forward_m_s, 0.0, up_m_s, 1.5 * bearing_rad))


def see_post(truth: Truth, layout: Layout) -> tuple[float, float]:
    """Return horizontal distance in metres and bearing in radians, left positive."""
    post = layout.places[POST]
    dx_m, dy_m = post.x_m - truth.position_m[0], post.y_m - truth.position_m[1]
    bearing_rad = math.remainder(math.atan2(dy_m, dx_m) - truth.yaw_rad, 2 * math.pi)
    return math.hypot(dx_m, dy_m), bearing_rad


@dataclass(frozen=True)
class MyTaskPostDrawn:
    """The post of one flight."""

    place: Place
    blue: float


class MyTaskPost(Scenery, frozen=True):
    """A blue post where the layout puts it."""

    blue: Range = (0.6, 0.95)

    def attach(self, spec: mujoco.MjSpec, key: str) -> None:
        """Add it to the model; contype 2 and conaffinity 1 are of what vehicles can touch."""
        post = spec.worldbody.add_body(name=key, mocap=True)
        shape = {"type": mujoco.mjtGeom.mjGEOM_CYLINDER, "size": [0.15, 0.75, 0.0]}
        post.add_geom(pos=[0.0, 0.0, 0.75], contype=2, conaffinity=1, **shape)

    def draw(self, rng: Generator, layout: Layout, key: str) -> MyTaskPostDrawn:
        """Draw what is different in every flight; from ``rng`` alone."""
        return MyTaskPostDrawn(layout.places[key], rng.uniform(*self.blue))

    def place(
        self, model: mujoco.MjModel, data: mujoco.MjData, key: str, drawn: MyTaskPostDrawn
    ) -> None:
        """Bring the model into the state that was drawn."""
        body = model.body(key)
        data.mocap_pos[body.mocapid[0]] = (drawn.place.x_m, drawn.place.y_m, 0.0)
        model.geom_rgba[body.geomadr[0], :3] = (0.05, 0.15, drawn.blue)
