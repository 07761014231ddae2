"""Labelled pictures of a task's world, taken from wherever a flight might get to."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import mujoco
import numpy as np
from numpy.random import Generator

from liquid_control.contract import Frame, InputCard, PolicyCard, Timing
from liquid_control.errors import ConfigError
from liquid_control.safety.settings import SafetySettings
from liquid_control.sensors import STREAMS, Aligned

from ..parallel import run_flights
from ..settings import GOAL, fitted, from_data
from ..world import World, stream
from .collect import Lesson, flight_path
from .labels import Labeller, label_dtype
from .store import Rows, write_flight

NEAR_SHARE = 0.55
"""Of the pictures: before one of the things; the others are from anywhere."""
LOW_SHARE = 0.75
"""Of the pictures: from the height at which one flies; the others from any."""


def still_dtype(card: PolicyCard, image: str) -> np.dtype[np.void]:
    """Return what one picture is on disk: the image by its name, and its labels."""
    given = card.inputs[image]
    labels = label_dtype(given)
    names = labels.names or ()
    return np.dtype([(image, given.dtype, given.shape), *((n, labels[n]) for n in names)])


def take_stills(
    lessons: Sequence[Lesson], image: str, count: int, workers: int | None = None
) -> Iterator[int]:
    """Take the pictures that the lessons lack, ``count`` in the world of each seed.

    Raises:
        ConfigError: the vehicle cannot be put anywhere, or the policy has no goal.
        StoreError: a file cannot be written.
        WorkerError: a process failed.
    """
    missing = [(i, seed) for i, lesson in enumerate(lessons) for seed in lesson.missing()]
    lacking = {seed for _, seed in missing}
    yield from (seed for lesson in lessons for seed in lesson.seeds if seed not in lacking)
    yield from run_flights(_take, missing, _prepare, (lessons, image, count), workers)


class Studio:
    """A world in which a vehicle is put somewhere to take a picture, and does not fly."""

    def __init__(self, world: World, card: PolicyCard, image: str) -> None:
        self._world, self._name, self._card = world, image, card
        given = card.inputs[image]
        if GOAL not in card.inputs:
            raise ConfigError("labels need a goal input, whose words they number; add 'goal'")
        self._labeller = Labeller(world, given, card.inputs[GOAL])
        self._dtype = still_dtype(card, image)
        free = np.flatnonzero(world.model.jnt_type == mujoco.mjtJoint.mjJNT_FREE)
        if not len(free):
            raise ConfigError("labelled pictures need a vehicle with a free joint")
        self._pose = int(world.model.jnt_qposadr[free[0]])

    def take(self, seed: int, count: int) -> Rows:
        """Return pictures of one world with their labels."""
        world, rng = self._world, stream(seed, "stills")
        world.reset(seed)
        self._labeller.begin()
        rows = np.zeros(count, self._dtype)
        for row in rows:
            time_s = float(rng.uniform(0.0, 20.0))
            world.show(time_s)
            self._stand(rng, time_s)
            row[self._name] = self._shoot()
            labels = self._labeller.label()
            for name in labels.dtype.names:
                row[name] = labels[name]
        return rows

    def _shoot(self) -> Any:
        """Return an image of the present; one that came black says nothing of what is there."""
        card, image = self._card.inputs[self._name], None
        while image is None or not image.any():
            image = fitted_image(self._world.measure(self._name), card)
        return image

    def close(self) -> None:
        """Free the graphics context of the labels."""
        self._labeller.close()

    def _stand(self, rng: Generator, time_s: float) -> None:
        """Put the vehicle somewhere free, slightly tilted, often so that it sees a thing."""
        world = self._world
        circles = np.array(world.obstacles_m).reshape(-1, 3)
        things = [p.at(time_s) for p in world.layout.places.values() if p.kind or p.colour]
        for _ in range(20):
            if things and rng.random() < NEAR_SHARE:
                thing = things[int(rng.integers(len(things)))]
                r, a = rng.uniform(1.2, 10.0), rng.uniform(-math.pi, math.pi)
                x, y = thing.x_m + r * math.cos(a), thing.y_m + r * math.sin(a)
                yaw = a + math.pi + rng.uniform(-0.75, 0.75)
            else:
                r, a = rng.uniform(0.0, world.layout.extent_m), rng.uniform(-math.pi, math.pi)
                x, y, yaw = r * math.cos(a), r * math.sin(a), rng.uniform(-math.pi, math.pi)
            away = np.hypot(circles[:, 0] - x, circles[:, 1] - y) - circles[:, 2]
            if not len(away) or away.min() > 0.35:
                break
        low = rng.random() < LOW_SHARE
        z = rng.uniform(0.5, 2.4) if low else math.exp(rng.uniform(math.log(0.3), math.log(8.0)))
        roll, pitch = rng.normal(0.0, 0.1, 2)
        quaternion = np.empty(4)
        mujoco.mju_euler2Quat(quaternion, np.array([yaw, pitch, roll]), "zyx")
        data = world.data
        data.qpos[self._pose : self._pose + 7] = (x, y, z, *quaternion)
        mujoco.mj_kinematics(world.model, data)
        mujoco.mj_camlight(world.model, data)


def fitted_image(frame: Frame, card: InputCard) -> Any:
    """Return a frame as a policy is given it."""
    eye = STREAMS.get("image")(card, Timing(), SafetySettings())
    eye.reset()
    eye.add(frame, frame.stamp_ns)
    seen = eye.until(frame.stamp_ns)
    assert isinstance(seen, Aligned)
    return seen.values


_job: tuple[Sequence[Lesson], str, int]
_open: dict[int, tuple[World, Studio]] = {}


def _prepare(lessons: Sequence[Lesson], image: str, count: int) -> None:
    global _job  # noqa: PLW0603 - one a worker process
    _job = lessons, image, count


def _take(job: tuple[int, int]) -> int:
    """Take the pictures of one seed; only one lesson's world is open at a time."""
    (i, seed), (lessons, image, count) = job, _job
    if i not in _open:
        for world, studio in _open.values():
            studio.close()
            world.close()
        _open.clear()
        recipe = lessons[i].recipe
        world = World(fitted(from_data(recipe.world), recipe.card))
        _open[i] = world, Studio(world, recipe.card, image)
    write_flight(flight_path(lessons[i].folder, seed), _open[i][1].take(seed, count))
    return seed
