"""Layouts and true states by hand, and flights without a camera: what tests of tasks share."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

import numpy as np
from liquid_control_sim.flight import ExpertSteps, Flight, fly
from liquid_control_sim.layout import Layout, Place
from liquid_control_sim.scenery.kinds import kind_of
from liquid_control_sim.settings import world_card, world_of
from liquid_control_sim.tasks import Expert, Task
from liquid_control_sim.vehicles import Truth, Vector
from liquid_control_sim.world import World
from worlds import merged

from liquid_control.contract import Command, Goal
from liquid_control.pipeline import Pilot

STEP_S = 0.05
BLIND = {
    "sensors": {"image": None, "state": {"name": "state"}},
    "scenery": {"trees": None, "rocks": None, "sky": None},
}


def at(
    x_m: float = 0.0,
    y_m: float = 0.0,
    yaw_rad: float = 0.0,
    z_m: float = 1.2,
    time_s: float = 0.0,
    velocity_m_s: Vector = (0.0, 0.0, 0.0),
) -> Truth:
    """Return a vehicle that hovers there, unless it is given a velocity."""
    return Truth(time_s, (x_m, y_m, z_m), velocity_m_s, yaw_rad)


def layout_of(**places: Place) -> Layout:
    """Return a flight from above the origin with these places; the first is its target."""
    return Layout((0.0, 0.0, 1.2), 0.0, places, next(iter(places), ""))


@cache
def layouts(task: Task, count: int = 300) -> tuple[Layout, ...]:
    """Return what that many seeds give."""
    return tuple(task.draw(np.random.default_rng(seed)) for seed in range(count))


def gap_m(a: Place, b: Place) -> float:
    """Return how much room is between the edges of two things."""
    circles = (kind_of(place.kind).outline(place) for place in (a, b))
    return min(math.dist(p[:2], q[:2]) - p[2] - q[2] for p, q in product(*circles))


def clearance(states: Iterable[Truth], thing: Place) -> float:
    """Return how near a way comes to the edge of a thing, m."""
    return min(
        math.dist(state.position_m[:2], (x, y)) - radius
        for state in states
        for x, y, radius in kind_of(thing.kind).outline(thing)
    )


def before(
    place: Place,
    edge_m: float = 1.65,
    time_s: float = 0.0,
    off_rad: float = 0.0,
    speed: float = 0.0,
) -> Truth:
    """Return a vehicle so far south of the edge of a thing, turned away from it by ``off_rad``."""
    now = place.at(time_s)
    y_m = now.y_m - edge_m - kind_of(now.kind).radius_m
    return at(now.x_m, y_m, math.pi / 2 + off_rad, time_s=time_s, velocity_m_s=(speed, 0.0, 0.0))


def moved(truth: Truth, command: Command, dt_s: float = STEP_S) -> Truth:
    """Return where a vehicle is that does at once what it is told."""
    forward, left, up, turn = command.values
    c, s = math.cos(truth.yaw_rad), math.sin(truth.yaw_rad)
    velocity = c * forward - s * left, s * forward + c * left, up
    position = tuple(p + v * dt_s for p, v in zip(truth.position_m, velocity, strict=True))
    return replace(
        truth,
        time_s=truth.time_s + dt_s,
        position_m=position,
        velocity_m_s=velocity,
        yaw_rad=truth.yaw_rad + turn * dt_s,
    )


def track(
    expert: Expert, layout: Layout, goal: Goal, seconds: float, start: Truth | None = None
) -> list[Truth]:
    """Return the way of a vehicle that does at once what an expert says."""
    expert.reset(layout)
    states = [start or at()]
    while states[-1].time_s < seconds:
        states.append(moved(states[-1], expert.command(states[-1], goal)))
    return states


def blind_world(name: str, **parts: Any) -> World:
    """Return a task's world without camera, trees and rocks: it runs fast."""
    return World(world_of(name, merged(BLIND, parts)))


def flown_by_expert(world: World, seed: int) -> Flight:
    """Return a whole flight of the expert through the pilot's gate."""
    return fly(world, Pilot(ExpertSteps(world, world_card(world.settings))), seed)
