"""One model in one world: many flights, each from its own seed, counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from liquid_control.contract import PolicyCard

from ..conditions import conditioned
from ..settings import WorldSettings, from_data, to_data, world_of
from . import worker
from .pilots import Known, absolute, fit, know
from .runners import RUNNERS
from .seen import outside
from .summary import FlightResult, Summary, summarize

EVALUATION_SEED = 900_000
"""Seeds from here on are never used in training, nor for a choice."""
DEFAULT_TASK = "fly_to_target"

Strength = str | Mapping[str, Any]
"""A condition by its name, or with other strengths than its own: ``{name: ..., **fields}``."""


def evaluate(
    model: str | Path,
    episodes: int,
    *,
    seed: int = EVALUATION_SEED,
    world: WorldSettings | Mapping[str, Any] | None = None,
    conditions: Sequence[Strength] = (),
    workers: int | None = None,
    runner: str = "local",
    on_flight: Callable[[FlightResult], object] | None = None,
) -> Summary:
    """Fly a model on seeds ``seed`` to ``seed + episodes - 1``.

    Args:
        model: a policy file, which is verified first; the name of a baseline; or
            ``file.py:function``.
        episodes: number of flights.
        seed: first seed.
        world: its settings, or their plain data; the world of the policy's task by default.
        conditions: of the world, applied in order: names, or data with other strengths.
        workers: processes; all cores by default.
        runner: where to fly, such as "local" or "ray".
        on_flight: called in this process as each flight ends.

    Raises:
        BundleError: the policy does not verify.
        ConfigError: the policy does not fit the world, or a name is unknown.
    """
    model = str(model)
    known = know(model)
    settings = conditioned_world(known.card, world, conditions)
    what = describe(model, known, settings, conditions)
    start = time.perf_counter()
    flights: list[FlightResult] = []
    policy_ms: list[float] = []
    jobs = [worker.Job(0, flown) for flown in range(seed, seed + episodes)]
    flyers = RUNNERS.get(runner)(workers)
    cells = ((absolute(model), what["world"]),)
    for done in flyers.run(worker.fly_job, jobs, worker.prepare, (cells,)):
        flights.append(done.flown.flight)
        policy_ms += done.policy_ms
        if on_flight is not None:
            on_flight(done.flown.flight)
    return summarize(flights, policy_ms, time.perf_counter() - start, seed=seed, **what)


def describe(
    model: str, known: Known, settings: WorldSettings, conditions: Sequence[Strength] = ()
) -> dict[str, Any]:
    """Return the fields of a summary that say what is flown where, and whether it was seen.

    Args:
        model: what flies.
        known: of it.
        settings: the world, already under its conditions.
        conditions: their names.

    Raises:
        ConfigError: the policy does not fit the world.
    """
    card, data = known.card, to_data(settings)
    new = None if card is None else outside(to_data(fit(settings, card)), card)
    return {
        "model": model,
        "model_sha256": known.sha256,
        "task": data["task"]["name"],
        "conditions": tuple(label(condition) for condition in conditions),
        "trained": None if new is None else not new,
        "outside": new or (),
        "world": data,
    }


def conditioned_world(
    card: PolicyCard | None,
    world: WorldSettings | Mapping[str, Any] | None = None,
    conditions: Sequence[Strength] = (),
) -> WorldSettings:
    """Return a world under conditions; without one, that of the card's task."""
    if world is None:
        world = world_of(card.task if card and card.task else DEFAULT_TASK)
    settings = world if isinstance(world, WorldSettings) else from_data(world)
    for condition in conditions:
        settings = conditioned(settings, condition)
    return settings


def label(condition: Strength) -> str:
    """Return what to call a condition: its name, and its strength where that was given."""
    if isinstance(condition, str):
        return condition
    fields = ", ".join(f"{key} {value}" for key, value in condition.items() if key != "name")
    return f"{condition['name']} ({fields})"
