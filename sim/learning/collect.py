"""Fly and record: the expert alone, or the learner with the expert's corrections."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
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
from .store import COMMAND, FlightLog, Rows, write_flight


class RecordingError(LiquidControlError):
    """A flight could not be recorded; the message says why."""


class Recipe(Record, frozen=True):
    """What recorded flights are made of, but for their seeds and who flies.

    Attributes:
        world: the whole world, plain data.
        card: inputs, command and timing of the policy to be.
        disturbed_share: share of the expert's flights in which it is pushed off its way.
    """

    world: dict[str, Any]
    card: PolicyCard
    disturbed_share: Share

    def describe(self) -> dict[str, Any]:
        """Return everything that a recording of the expert depends on but its seed."""
        card = msgspec.to_builtins(self.card)
        return {
            "liquid_control": liquid_control.__version__,
            "world": self.world,
            "own_files": _own_files(self.world),
            "disturbed_share": self.disturbed_share,
            **{key: card[key] for key in ("inputs", "clock", "command", "timing")},
        }

    def digest(self) -> str:
        """Return sixteen hexadecimal digits that change whenever the recordings would."""
        text = json.dumps(self.describe(), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def collect(
    folder: Path,
    seeds: Sequence[int],
    recipe: Recipe,
    learner: Path | None = None,
    workers: int | None = None,
) -> Iterator[int]:
    """Record the flights that ``folder`` lacks, one file a seed; yield each seed when done.

    Args:
        folder: where recordings go; what is there already is kept.
        seeds: one flight each.
        recipe: what they are made of.
        learner: a policy that flies while the expert corrects it; the expert flies if None.
        workers: processes; all cores by default.

    Raises:
        RecordingError: the expert or a sensor failed.
        StoreError: a flight cannot be written.
        WorkerError: a process failed.
    """
    missing = [seed for seed in seeds if not flight_path(folder, seed).exists()]
    there = set(seeds) - set(missing)
    yield from (seed for seed in seeds if seed in there)
    yield from run_flights(_record_seed, missing, _prepare, (recipe, learner, folder), workers)


def flight_path(folder: Path, seed: int) -> Path:
    """Return where the flight of a seed is kept."""
    return folder / f"{seed}.npy"


def record(world: World, seed: int, recipe: Recipe, learner: Steps | None = None) -> Rows:
    """Fly one seed and return what was observed, with the expert's commands.

    Raises:
        RecordingError: the expert or the learner raised, or the flight gave nothing to learn.
    """
    card, rng = recipe.card, np.random.default_rng((seed, 2))
    pushed = learner is None and rng.random() < recipe.disturbed_share
    push = Disturbance(card.command, rng) if pushed else None
    lesson = Lesson(ExpertSteps(world, card), learner, push)
    fly(world, Pilot(lesson), seed, on_step=_refuse_failure)
    rows = lesson.log.rows()
    if not len(rows) or not np.isfinite(rows[COMMAND]).all():
        what = "a command that is no number" if len(rows) else "no step at all"
        raise RecordingError(
            f"flight {seed}: expected the expert's commands, found {what}; check the world, "
            "the task's expert and the inputs"
        )
    return rows


class Lesson:
    """What the pilot flies while it is recorded: expert or learner, the expert's word kept.

    Being a policy, it is given exactly the observations that one is given in flight.
    """

    def __init__(self, expert: Steps, learner: Steps | None, push: Disturbance | None) -> None:
        self.card = expert.card
        self.log = FlightLog(expert.card)
        self._expert, self._learner, self._push = expert, learner, push

    def reset(self) -> None:
        """Begin a flight."""
        self._expert.reset()
        if self._learner is not None:
            self._learner.reset()

    def step(self, observation: Observation) -> Command:
        """Keep the expert's command, within the limits, and return what is flown."""
        right = self._expert.step(observation)
        if right.is_finite():
            right = self.card.command.clip(right.values)
        self.log.add(observation, right)
        if self._learner is not None:
            return self._learner.step(observation)
        return right if self._push is None else self._push(right, observation.stamp_ns)


def _refuse_failure(step: PilotStep) -> None:
    """Stop where the pilot would brake: an expert that raises teaches nothing."""
    if step.problem is not None and step.problem.fault is Fault.POLICY_FAILED:
        raise RecordingError(f"what flies while it is recorded failed: {step.problem.detail}")


_world: World
_learner: Steps | None
_job: tuple[Recipe, Path]


def _prepare(recipe: Recipe, learner: Path | None, folder: Path) -> None:
    global _world, _learner, _job  # noqa: PLW0603 - one world a worker process
    _world = World(fitted(from_data(recipe.world), recipe.card))
    _job = (recipe, folder)
    _learner = None if learner is None else load_policy(learner)


def _record_seed(seed: int) -> int:
    recipe, folder = _job
    write_flight(flight_path(folder, seed), record(_world, seed, recipe, _learner))
    return seed


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
