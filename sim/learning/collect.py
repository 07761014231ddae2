"""Fly and record: the expert alone, or the learner with the expert's corrections."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

import liquid_control
from liquid_control.contract import Command, Observation, PolicyCard, Record, Share
from liquid_control.errors import LiquidControlError
from liquid_control.pipeline import Pilot, PilotStep
from liquid_control.policy import Steps, load_policy
from liquid_control.safety.faults import Fault

from ..flight import ExpertSteps, fly
from ..parallel import run_flights
from ..settings import fitted, from_data
from ..world import World
from .disturbance import Disturbance
from .store import COMMAND, Eye, FlightLog, Rows, write_flight
from .taught import TaughtEye

TAKE_OVER_NS = 800_000_000
"""For how long the expert flies itself when something is about to be hit: a wreck teaches less."""


class RecordingError(LiquidControlError):
    """A flight could not be recorded; the message says why."""


class Recipe(Record, frozen=True):
    """What recorded flights are made of, but for their seeds and who flies.

    Attributes:
        world: the whole world, plain data.
        card: inputs, command and timing of the policy to be.
        disturbed_share: share of the expert's flights in which it is pushed off its way.
        recalled: what is kept of what the expert remembers, by name.
    """

    world: dict[str, Any]
    card: PolicyCard
    disturbed_share: Share
    recalled: tuple[str, ...] = ()

    def describe(self) -> dict[str, Any]:
        """Return everything that a recording of the expert depends on but its seed."""
        card = msgspec.to_builtins(self.card)
        return {
            "liquid_control": liquid_control.__version__,
            "world": self.world,
            "own_files": _own_files(self.world),
            "disturbed_share": self.disturbed_share,
            "recalled": self.recalled,
            **{key: card[key] for key in ("inputs", "clock", "command", "timing")},
        }

    def digest(self) -> str:
        """Return sixteen hexadecimal digits that change whenever the recordings would."""
        text = json.dumps(self.describe(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Lesson:
    """Flights of one kind that are to be recorded.

    Attributes:
        recipe: what they are made of.
        seeds: one flight each.
        folder: where recordings go; what is there already is kept.
    """

    recipe: Recipe
    seeds: Sequence[int]
    folder: Path

    def missing(self) -> list[int]:
        """Return the seeds that have not been recorded yet."""
        return [seed for seed in self.seeds if not flight_path(self.folder, seed).exists()]

    def paths(self) -> list[Path]:
        """Return the files, in the order of the seeds."""
        return [flight_path(self.folder, seed) for seed in self.seeds]


def collect(
    lessons: Sequence[Lesson],
    learner: Path | None = None,
    eyes: Mapping[str, Path] = {},
    workers: int | None = None,
) -> Iterator[int]:
    """Record the flights that the lessons lack, one file a seed; yield each seed when done.

    Args:
        lessons: what is to be recorded, one after the other.
        learner: a policy that flies while the expert corrects it; the expert flies if None.
        eyes: encoders by input that are done: of those inputs features are kept.
        workers: processes; all cores by default.

    Raises:
        RecordingError: the expert or a sensor failed.
        StoreError: a flight cannot be written.
        WorkerError: a process failed.
    """
    missing = [(i, seed) for i, lesson in enumerate(lessons) for seed in lesson.missing()]
    lacking = {seed for _, seed in missing}
    yield from (seed for lesson in lessons for seed in lesson.seeds if seed not in lacking)
    yield from run_flights(_record_seed, missing, _prepare, (lessons, learner, eyes), workers)


def flight_path(folder: Path, seed: int) -> Path:
    """Return where the flight of a seed is kept."""
    return folder / f"{seed}.npy"


def record(
    world: World,
    seed: int,
    recipe: Recipe,
    learner: Steps | None = None,
    eyes: Mapping[str, Eye] = {},
) -> Rows:
    """Fly one seed and return what was observed, with the expert's commands.

    Raises:
        RecordingError: the expert or the learner raised, or the flight gave nothing to learn.
    """
    card, rng = recipe.card, np.random.default_rng((seed, 2))
    pushed = learner is None and rng.random() < recipe.disturbed_share
    push = Disturbance(card.command, rng) if pushed else None
    log = FlightLog(card, eyes, len(recipe.recalled))
    lesson = Tutored(ExpertSteps(world, card), learner, push, log)
    fly(world, Pilot(lesson), seed, on_step=_refuse_failure)
    rows = lesson.log.rows()
    if not len(rows) or not np.isfinite(rows[COMMAND]).all():
        what = "a command that is no number" if len(rows) else "no step at all"
        raise RecordingError(
            f"flight {seed}: expected the expert's commands, found {what}; check the world, "
            "the task's expert and the inputs"
        )
    return rows


class Tutored:
    """What the pilot flies while it is recorded: expert or learner, the expert's word kept.

    Being a policy, it is given exactly the observations that one is given in flight.
    """

    def __init__(
        self,
        expert: ExpertSteps,
        learner: Steps | None,
        push: Disturbance | None,
        log: FlightLog,
    ) -> None:
        self.card, self.log = expert.card, log
        self._expert, self._learner, self._push = expert, learner, push

    def reset(self) -> None:
        """Begin a flight."""
        self._taken_over_ns = 0
        self._expert.reset()
        if self._learner is not None:
            self._learner.reset()

    def step(self, observation: Observation) -> Command:
        """Keep the expert's command, within the limits, and return what is flown."""
        right = self._expert.step(observation)
        if right.is_finite():
            right = self.card.command.clip(right.values)
        self.log.add(observation, right, self._expert.recall())
        flown, now_ns = right, observation.stamp_ns
        if self._learner is not None:
            flown = self._learner.step(observation)
        elif self._push is not None:
            flown = self._push(right, now_ns)
        if self._expert.is_alarmed():
            self._taken_over_ns = now_ns + TAKE_OVER_NS
        return right if now_ns < self._taken_over_ns else flown


def _refuse_failure(step: PilotStep) -> None:
    """Stop where the pilot would brake: an expert that raises teaches nothing."""
    if step.problem is not None and step.problem.fault is Fault.POLICY_FAILED:
        raise RecordingError(f"what flies while it is recorded failed: {step.problem.detail}")


class Recorder:
    """What a worker records with: the world of one lesson at a time."""

    def __init__(
        self, lessons: Sequence[Lesson], learner: Path | None, eyes: Mapping[str, Path]
    ) -> None:
        self._lessons = lessons
        self._learner = None if learner is None else load_policy(learner)
        self._eyes = {name: TaughtEye(path) for name, path in eyes.items()}
        self._open: tuple[int, World] | None = None

    def record(self, lesson: int, seed: int) -> None:
        """Record one flight of a lesson."""
        recipe = self._lessons[lesson].recipe
        path = flight_path(self._lessons[lesson].folder, seed)
        write_flight(path, record(self._world(lesson), seed, recipe, self._learner, self._eyes))

    def _world(self, lesson: int) -> World:
        if self._open is None or self._open[0] != lesson:
            if self._open is not None:
                self._open[1].close()
            recipe = self._lessons[lesson].recipe
            self._open = lesson, World(fitted(from_data(recipe.world), recipe.card))
        return self._open[1]


_recorder: Recorder


def _prepare(lessons: Sequence[Lesson], learner: Path | None, eyes: Mapping[str, Path]) -> None:
    global _recorder  # noqa: PLW0603 - one a worker process
    _recorder = Recorder(lessons, learner, eyes)


def _record_seed(job: tuple[int, int]) -> int:
    _recorder.record(*job)
    return job[1]


def _own_files(data: Any) -> dict[str, str]:
    """Return the digests of a user's own files in plain data: ``path/to/file.py:Class``."""
    if isinstance(data, dict):
        data = list(data.values())
    if isinstance(data, list | tuple):
        return {path: digest for part in data for path, digest in _own_files(part).items()}
    path = Path(data.rpartition(":")[0]) if isinstance(data, str) and ":" in data else None
    if path is None or not path.is_file():
        return {}
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest()}
