"""What a worker does: open the world and the pilot of a cell, then fly seed after seed in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from liquid_control.contract import NANOSECONDS, Record
from liquid_control.errors import ConfigError
from liquid_control.pipeline import Pilot

from ..flight import Flight, fly
from ..settings import from_data
from ..world import World
from .difficulty import Difficulty, difficulty
from .pilots import OwnSteps, open_pilot
from .summary import FlightResult

PATH_HZ = 4

Opened = tuple[World, Pilot]
ModelAndWorld = tuple[str, dict[str, Any]]
"""What flies, and the plain data of the world in which it does."""


class Job(NamedTuple):
    """One flight: the number of its cell, and its seed."""

    cell: int
    seed: int


class Flown(Record, frozen=True):
    """How one flight ended, and where it went.

    Attributes:
        path_m: (x, y, z) four times a second, ENU.
        difficulty: whoever flew.
    """

    flight: FlightResult
    path_m: tuple[tuple[float, float, float], ...]
    difficulty: Difficulty


class Done(NamedTuple):
    """A job that was done, and how long each step of the policy took in it."""

    job: Job
    flown: Flown
    policy_ms: list[float]


class Refused(NamedTuple):
    """A job that cannot be done, for what flies does not fit the world, and why."""

    job: Job
    why: str


_cells: list[ModelAndWorld] = []
_opened: dict[int, Opened] = {}
"""The one cell that is open."""


def prepare(cells: Sequence[ModelAndWorld]) -> None:
    """Learn what the cells are; each is opened when its first flight begins."""
    _close()
    _cells[:] = cells


def fly_job(job: Job) -> Done:
    """Fly one seed in a cell.

    Raises:
        ConfigError: what flies does not fit the world.
        PolicyCodeError: somebody's own policy raised an error.
    """
    world, pilot = _open(job.cell)
    flight = fly(world, pilot, job.seed)
    steps = pilot.policy
    if isinstance(steps, OwnSteps) and steps.failure is not None:
        raise steps.failure
    verdict = flight.verdict
    result = FlightResult(job.seed, verdict.outcome, verdict.time_s, verdict.touched)
    hard = difficulty(world.settings, world.layout, world.obstacles_m)
    flown = Flown(result, _path_m(flight), hard)
    return Done(job, flown, [float(ms) for ms in flight.policy_ms])


def fly_or_refuse(job: Job) -> Done | Refused:
    """Fly one seed in a cell; where what flies does not fit the world, say so.

    Raises:
        PolicyCodeError: somebody's own policy raised an error.
    """
    try:
        return fly_job(job)
    except ConfigError as error:
        return Refused(job, str(error))


def _open(cell: int) -> Opened:
    if cell not in _opened:
        _close()
        model, world = _cells[cell]
        _opened[cell] = open_pilot(model, from_data(world))
    return _opened[cell]


def _close() -> None:
    while _opened:
        world, _ = _opened.popitem()[1]
        world.close()


def _path_m(flight: Flight) -> tuple[tuple[float, float, float], ...]:
    """Return where a flight was, several times a second and at its end."""
    if not len(flight.positions_m):
        return ()
    times_s = flight.stamps_ns / NANOSECONDS
    steps = np.searchsorted(times_s, np.arange(times_s[0], times_s[-1], 1 / PATH_HZ))
    rows = flight.positions_m[[*steps, -1]].astype(float).round(2).tolist()
    return tuple((x, y, z) for x, y, z in rows)
