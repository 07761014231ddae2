"""Flights of a policy with what it saw and what was true, step by step."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liquid_control.contract import InputCard, PolicyCard
from liquid_control.pipeline import Pilot, PilotStep
from liquid_control.policy import load_policy

from ..flight import ExpertSteps, Flight, fly
from ..learning.labels import CELL, Labeller
from ..settings import GOAL, WorldSettings, fitted
from ..tasks._geometry import in_front, look_along
from ..vehicles import Truth
from ..world import World

FAR_M = 10.0
"""What is farther is as if it were not there."""


@dataclass(frozen=True)
class Trace:
    """One flight; arrays have one row for each step of the policy.

    Attributes:
        flight: as it was flown.
        inputs: (steps, *shape) of every input of the card, as the policy was given them.
        dt_s: (steps,) float32.
        facts: (steps,) float32 of what was true, by name, SI units.
        target: (steps, rows, columns) bool, the cells of the image that show what was ordered, or
            the target of a policy that takes no orders; None where there is no camera or neither.
        nearest: (steps, columns) bool, the columns that show the nearest obstacle.
        labels: (steps,) records of what the pictures show, as ``label_dtype``; None as ``target``.
        wanted: (steps, fields) float32, what the task's expert would have commanded there.
        recalled: (steps,) float32 each, what that expert remembers, by name; empty of one that
            does not say.
    """

    flight: Flight
    inputs: dict[str, NDArray[Any]]
    dt_s: NDArray[np.float32]
    facts: dict[str, NDArray[np.float32]]
    target: NDArray[np.bool_] | None
    nearest: NDArray[np.bool_] | None
    labels: NDArray[np.void] | None
    wanted: NDArray[np.float32]
    recalled: dict[str, NDArray[np.float32]]

    @property
    def outcome(self) -> str:
        """How it ended, in one word."""
        return self.flight.verdict.outcome.value

    @property
    def seconds(self) -> NDArray[np.float32]:
        """When each step was, from the first."""
        return np.cumsum(self.dt_s) - self.dt_s[0]


def trace(model: Path, settings: WorldSettings, seeds: Sequence[int]) -> Iterator[Trace]:
    """Fly a policy file and yield each flight.

    Raises:
        BundleError: the file is not sound.
        ConfigError: policy and world do not fit.
    """
    policy = load_policy(model)
    world = World(fitted(settings, policy.card))
    witness = _Witness(world, policy.card)
    try:
        for seed in seeds:
            witness.begin()
            flight = fly(world, Pilot(policy), seed, on_step=witness.see)
            if witness.steps:
                yield witness.told(flight)
    finally:
        witness.close()
        world.close()


class _Witness:
    """Writes down what a pilot is given, and what is true then."""

    def __init__(self, world: World, card: PolicyCard) -> None:
        self._world, self._card = world, card
        image = next((i for i in card.inputs.values() if i.kind == "image"), None)
        self._words = card.inputs.get(GOAL) or world.settings.task.vocabulary()
        self._expert = ExpertSteps(world, card)
        self._labeller: Labeller | None = None
        if image is not None and self._words is not None and _has_cells(image):
            self._labeller = Labeller(world, image, self._words)

    def begin(self) -> None:
        self.steps: list[tuple[Any, ...]] = []

    def see(self, step: PilotStep) -> None:
        """Keep a step in which the policy ran."""
        seen = step.observation
        if seen is None:
            return
        if not self.steps:
            self._expert.reset()
            if self._labeller is not None:
                self._labeller.begin()
        wanted = self._card.command.clip(self._expert.step(seen).values).values
        facts = facts_of(self._world)
        recall = dict(zip(self._expert.recalled, self._expert.recall(), strict=True))
        self.steps.append((seen.values, seen.dt_s, facts, wanted, recall, *self._cells()))

    def _cells(self) -> tuple[Any, Any, Any]:
        goal = self._world.goal
        if self._labeller is None or self._words is None or goal is None:
            return None, None, None
        kinds, colours = (self._words.settings[key] for key in ("kinds", "colours"))
        shown = self._labeller.label()
        target = (shown["kinds"] == kinds.index(goal.kind) + 1) & (
            shown["colours"] == colours.index(goal.colour) + 1
        )
        near = shown["obstacles"]
        return target, (near > 1 / FAR_M) & (near >= 0.8 * near.max()), shown

    def told(self, flight: Flight) -> Trace:
        """Return the flight with all that was seen."""
        values, dts, facts, wanted, recall, *cells = zip(*self.steps, strict=True)
        target, nearest, labels = cells
        labelled = all(one is not None for one in target)
        return Trace(
            flight,
            {name: np.stack([v[name] for v in values]) for name in self._card.inputs},
            np.array(dts, np.float32),
            _columns(facts),
            np.stack(target) if labelled else None,
            np.stack(nearest) if labelled else None,
            np.stack(labels) if labelled else None,
            np.array(wanted, np.float32),
            _columns(recall),
        )

    def close(self) -> None:
        if self._labeller is not None:
            self._labeller.close()


def _columns(rows: Sequence[dict[str, float]]) -> dict[str, NDArray[np.float32]]:
    return {name: np.array([row[name] for row in rows], np.float32) for name in rows[0]}


def _has_cells(image: InputCard) -> bool:
    """Return whether labels divide a picture into cells, enough of them to compare."""
    return not any(side % CELL for side in image.shape[:2]) and min(image.shape[:2]) >= 5 * CELL


def facts_of(world: World) -> dict[str, float]:
    """Return what is true of a flying or driving vehicle now: target, obstacles, own motion.

    Angles are in radians, left positive; a target is 0 m high.
    """
    truth = world.truth()
    vx, vy, climb = truth.velocity_m_s
    c, s = math.cos(truth.yaw_rad), math.sin(truth.yaw_rad)
    near_m, near_rad = _nearest(truth, world.obstacles_m)
    facts = {
        "height_m": truth.position_m[2],
        "speed_forward_m_s": c * vx + s * vy,
        "speed_left_m_s": c * vy - s * vx,
        "climb_m_s": climb,
        "yaw_rate_rad_s": truth.yaw_rate_rad_s,
        "obstacle_m": near_m,
        "obstacle_bearing_rad": near_rad,
    }
    place = world.layout.places.get(world.layout.target)
    if place is not None:
        now = place.at(truth.time_s)
        view = look_along(truth, now.x_m, now.y_m)
        facts["target_m"] = view.distance_m
        facts["target_bearing_rad"] = view.bearing_rad
        facts["target_hidden"] = float(place.is_hidden(truth.time_s))
    return facts


def _nearest(truth: Truth, circles: Sequence[tuple[float, float, float]]) -> tuple[float, float]:
    """Return edge distance and bearing of the nearest obstacle that is not behind."""
    best = (FAR_M, 0.0)
    for x_m, y_m, radius_m in circles:
        along_m, aside_m = in_front(truth, x_m, y_m)
        away_m = math.hypot(along_m, aside_m) - radius_m
        if along_m > 0.0 and away_m < best[0]:
            best = (away_m, math.atan2(aside_m, along_m))
    return best
