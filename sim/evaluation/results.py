"""What a suite showed: the keys of results.json."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from liquid_control.contract import Record

from ..tasks import Outcome
from .difficulty import Difficulty
from .statistics import wilson_interval
from .summary import FlightResult


class Row(Record, frozen=True):
    """What one model showed in one task under one condition.

    Attributes:
        model: a file, a baseline's name, or file.py:function.
        model_sha256: of the policy file; empty for a baseline.
        task: its name.
        condition: its name.
        episodes: flights flown.
        successes: of them, those that did what the task asks.
        collisions: of them, those that touched anything.
        timeouts: of them, those that ran out of time.
        astray: of them, those that did what the task forbids, such as going to the wrong thing.
        success_interval: 95 % Wilson interval of the success rate.
        time_to_target_s: median time of the successful flights.
        trained: whether training saw everything that the world may draw; None if it does not
            say, or nothing was trained.
        outside: the settings of the world that training did not see.
        touched: how often each kind of thing was hit.
        difficulty: of the world, whoever flies.
    """

    model: str
    model_sha256: str
    task: str
    condition: str
    episodes: int
    successes: int
    collisions: int
    timeouts: int
    astray: int
    success_interval: tuple[float, float]
    time_to_target_s: float | None
    trained: bool | None
    outside: tuple[str, ...]
    touched: dict[str, int]
    difficulty: Difficulty

    @property
    def success_rate(self) -> float:
        """Successes over episodes."""
        return self.successes / self.episodes


class LeftOut(Record, frozen=True):
    """A cell that is not flown, and why.

    Attributes:
        model: empty where it is so for whatever flies.
    """

    model: str
    task: str
    condition: str
    why: str


class Results(Record, frozen=True):
    """What a suite showed.

    Attributes:
        suite: its name.
        seed: of the first flight of every cell; flight i has seed + i.
        tasks: in order.
        conditions: likewise.
        rows: one for each cell.
        left_out: cells that were not flown.
    """

    suite: str
    seed: int
    tasks: tuple[str, ...]
    conditions: tuple[str, ...]
    rows: tuple[Row, ...]
    left_out: tuple[LeftOut, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return msgspec.to_builtins(self)

    def not_flown(self) -> dict[tuple[str, str, str], list[str]]:
        """Return the tasks that were left out, by model, condition and reason."""
        found: dict[tuple[str, str, str], list[str]] = {}
        for cell in self.left_out:
            found.setdefault((cell.model, cell.condition, cell.why), []).append(cell.task)
        return found


def count(flights: Sequence[FlightResult], **what: Any) -> Row:
    """Return the row of a cell.

    Args:
        flights: one or more.
        what: the fields of the row that say what was flown.
    """
    ends = [flight.outcome for flight in flights]
    successes = ends.count(Outcome.SUCCESS)
    times_s = [flight.time_s for flight in flights if flight.outcome is Outcome.SUCCESS]
    return Row(
        episodes=len(flights),
        successes=successes,
        collisions=ends.count(Outcome.COLLISION),
        timeouts=ends.count(Outcome.TIMEOUT),
        astray=ends.count(Outcome.ASTRAY),
        success_interval=wilson_interval(successes, len(flights)),
        time_to_target_s=float(np.median(times_s)) if times_s else None,
        touched=dict(Counter(kind(f.touched) for f in flights if f.touched).most_common()),
        **what,
    )


def kind(touched: str) -> str:
    """Return the kind of what was hit: tree for tree_3."""
    return re.sub(r"_\d+$", "", touched)
