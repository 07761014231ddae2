"""What a set of flights showed: the keys of summary.json."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from liquid_control.contract import Record, read
from liquid_control.errors import ConfigError

from ..tasks import Outcome
from .statistics import wilson_interval


class FlightResult(Record, frozen=True):
    """How one flight ended.

    Attributes:
        seed: what its world was drawn from.
        time_s: when the verdict fell.
        touched: the body that was hit, if any.
    """

    seed: int
    outcome: Outcome
    time_s: float
    touched: str = ""


class Summary(Record, frozen=True):
    """What a set of flights showed.

    Attributes:
        episodes: flights flown.
        successes: of them, those that did what the task asks.
        collisions: of them, those that touched anything.
        timeouts: of them, those that ran out of time.
        success_interval: 95 % Wilson interval of the success rate.
        time_to_target_s: median time of the successful flights.
        step_latency_ms: p50 and p99 of one policy step.
        real_time_factor: simulated over wall time.
        wall_s: how long it all took.
        model: what flew: a file, a baseline's name, or file.py:function.
        model_sha256: of the policy file; empty for a baseline.
        seed: of the first flight; flight i has seed + i.
        task: its name.
        conditions: what was changed of the world, by name.
        trained: whether training saw everything that the world may draw; None if it does not
            say.
        outside: the settings of the world that training did not see.
        world: the whole world, plain data, before it was fitted to the policy's inputs.
        flights: every flight, by seed.
        astray: of the flights, those that did what the task forbids.
    """

    episodes: int
    successes: int
    collisions: int
    timeouts: int
    success_interval: tuple[float, float]
    time_to_target_s: float | None
    step_latency_ms: dict[str, float | None]
    real_time_factor: float
    wall_s: float
    model: str
    model_sha256: str
    seed: int
    task: str
    conditions: tuple[str, ...]
    trained: bool | None
    outside: tuple[str, ...]
    world: dict[str, Any]
    flights: tuple[FlightResult, ...]
    astray: int = 0

    @property
    def success_rate(self) -> float:
        """Successes over episodes."""
        return self.successes / self.episodes

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return msgspec.to_builtins(self)


def summarize(
    flights: Sequence[FlightResult], policy_ms: Sequence[float], wall_s: float, **what: Any
) -> Summary:
    """Count flights.

    Args:
        flights: one or more, in any order.
        policy_ms: how long each step of any of them took.
        wall_s: how long it all took.
        what: the fields of the summary that say what was flown.
    """
    counted = [flight.outcome for flight in flights]
    successes = counted.count(Outcome.SUCCESS)
    times_s = [flight.time_s for flight in flights if flight.outcome is Outcome.SUCCESS]
    p50, p99 = np.percentile(policy_ms, [50, 99]).tolist() if len(policy_ms) else (None, None)
    return Summary(
        episodes=len(flights),
        successes=successes,
        collisions=counted.count(Outcome.COLLISION),
        timeouts=counted.count(Outcome.TIMEOUT),
        astray=counted.count(Outcome.ASTRAY),
        success_interval=wilson_interval(successes, len(flights)),
        time_to_target_s=float(np.median(times_s)) if times_s else None,
        step_latency_ms={"p50": p50, "p99": p99},
        real_time_factor=sum(flight.time_s for flight in flights) / wall_s,
        wall_s=wall_s,
        flights=tuple(sorted(flights, key=lambda flight: flight.seed)),
        **what,
    )


def load_summary(path: Path) -> Summary:
    """Return a summary that ``evaluate --json`` wrote.

    Raises:
        ConfigError: the file is not there or is no summary.
    """
    try:
        data = json.loads(path.read_text())
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError:
        raise ConfigError(f"{path}: expected JSON, as evaluate --json writes it") from None
    return read(data, Summary, str(path))
