"""Closed-loop evaluation: many flights, in parallel, with honest intervals."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import binomtest

from liquid_control.bundle import load
from liquid_control.pipeline import Pilot
from liquid_control.runtime import load_policy

from .flight import Flight, PilotAct, fly
from .parallel import run_flights
from .tasks.fly_to_target import Outcome
from .world import World, WorldSettings

EVALUATION_SEED = 900_000
"""Seeds from here on are never used in training."""


@dataclass(frozen=True)
class Summary:
    """What a set of flights showed; the keys of summary.json.

    Attributes:
        episodes: flights flown.
        successes: of them, those that kept the task's limits for its hold time.
        collisions: of them, those that touched anything.
        success_interval: 95 % Wilson interval of the success rate.
        time_to_target_s: median time of the successful flights.
        step_latency_ms: p50 and p99 of one policy step.
        real_time_factor: simulated over wall time.
        wall_s: how long it all took.
        model_sha256: of the policy file.
        seed: of the first flight; flight i has seed + i.
    """

    episodes: int
    successes: int
    collisions: int
    success_interval: tuple[float, float]
    time_to_target_s: float | None
    step_latency_ms: dict[str, float | None]
    real_time_factor: float
    wall_s: float
    model_sha256: str
    seed: int

    @property
    def success_rate(self) -> float:
        """Successes over episodes."""
        return self.successes / self.episodes

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self)


def summarize(
    outcomes: Sequence[tuple[Outcome, float]],
    policy_ms: Sequence[float],
    wall_s: float,
    model_sha256: str,
    seed: int,
) -> Summary:
    """Summarize flights given as (outcome, time_s) and the latencies of their steps."""
    episodes = len(outcomes)
    times = [t for outcome, t in outcomes if outcome is Outcome.SUCCESS]
    interval = binomtest(len(times), episodes).proportion_ci(method="wilson")
    p50, p99 = np.percentile(policy_ms, [50, 99]).tolist() if len(policy_ms) else (None, None)
    return Summary(
        episodes,
        len(times),
        sum(outcome is Outcome.COLLISION for outcome, _ in outcomes),
        (round(float(interval.low), 4), round(float(interval.high), 4)),
        float(np.median(times)) if times else None,
        {"p50": p50, "p99": p99},
        sum(t for _, t in outcomes) / wall_s,
        wall_s,
        model_sha256,
        seed,
    )


def evaluate(
    model: str | Path,
    episodes: int,
    *,
    seed: int = EVALUATION_SEED,
    settings: WorldSettings | None = None,
    workers: int | None = None,
    on_flight: Callable[[Flight], object] | None = None,
) -> Summary:
    """Fly a policy in-process on seeds ``seed`` to ``seed + episodes - 1``.

    Args:
        model: the policy file; it is verified first.
        episodes: number of flights.
        seed: first seed.
        settings: of the world, perturbed or not.
        workers: processes; all cores by default.
        on_flight: called in this process as each flight ends.

    Raises:
        BundleError: the policy does not verify.
    """
    load_policy(model)
    start = time.perf_counter()
    outcomes: list[tuple[Outcome, float]] = []
    policy_ms: list[float] = []
    jobs = range(seed, seed + episodes)
    prepare_args = (str(model), settings or WorldSettings())
    for flight, latencies in run_flights(_fly_seed, jobs, _prepare, prepare_args, workers):
        outcomes.append((flight.outcome, flight.time_s))
        policy_ms += latencies
        if on_flight is not None:
            on_flight(flight)
    wall_s = time.perf_counter() - start
    return summarize(outcomes, policy_ms, wall_s, load(model).sha256, seed)


_world: World
_act: PilotAct


def _prepare(model: str, settings: WorldSettings) -> None:
    global _world, _act
    _world, _act = World(settings), PilotAct(Pilot(load_policy(model)))


def _fly_seed(seed: int) -> tuple[Flight, list[float]]:
    _act.reset()
    _act.policy_ms = []
    return fly(_world, _act, seed), _act.policy_ms
