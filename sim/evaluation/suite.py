"""Many models, tasks and conditions on the same seeds, flown by one crew of processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from . import worker
from .cell import EVALUATION_SEED
from .cells import Cell, plan
from .difficulty import mean
from .kept import Kept
from .pilots import absolute
from .results import LeftOut, Results, count
from .runners import RUNNERS
from .suites import SUITES
from .worker import Done, Flown, Job


@dataclass(frozen=True)
class SuiteOrder:
    """What is to be flown.

    Attributes:
        suite: its name, or ``file.py:Class``.
        models: policy files, baselines, or ``file.py:function``.
        tasks: some of any; those of the suite where none are given.
        conditions: likewise.
        episodes: flights of each cell; as many as the suite says by default.
        seed: of the first flight of every cell.
        world: YAML with changes of the world of every task.
    """

    suite: str
    models: tuple[str, ...]
    tasks: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    episodes: int | None = None
    seed: int = EVALUATION_SEED
    world: Path | None = None


@dataclass(frozen=True)
class FlownCell:
    """A cell with its flights in order of their seeds."""

    cell: Cell
    flights: tuple[Flown, ...]


@dataclass(frozen=True)
class FlownSuite:
    """Everything that was flown of an order, and what was left out.

    Attributes:
        order: with the tasks and conditions of its suite.
    """

    order: SuiteOrder
    cells: tuple[FlownCell, ...]
    left_out: tuple[LeftOut, ...]


def fly_suite(
    order: SuiteOrder,
    folder: Path,
    *,
    workers: int | None = None,
    runner: str = "local",
    on_flight: Callable[[int, int], object] = lambda done, total: None,
) -> FlownSuite:
    """Fly what is not yet in a folder; whenever it is stopped, the next call goes on from there.

    A cell whose model does not fit its world is left out.

    Args:
        order: what is to be flown.
        folder: where every flight is kept as it ends.
        workers: processes; all cores by default.
        runner: where to fly, such as "local" or "ray".
        on_flight: called in this process at the start and as each flight ends, with the number
            of flights that are there and of all of them.

    Raises:
        BundleError: a policy does not verify.
        ConfigError: a name is unknown.
        PolicyCodeError: somebody's own policy raised an error.
        WorkerError: a process ended before its time.
    """
    suite = SUITES.get(order.suite)()
    order = replace(
        order,
        tasks=order.tasks or suite.tasks,
        conditions=order.conditions or suite.conditions,
    )
    cells, left_out = plan(order.models, order.tasks, order.conditions, order.world)
    seeds = range(order.seed, order.seed + (order.episodes or suite.episodes))
    kept = [Kept(folder, cell) for cell in cells]
    flown = [_only(k.read(), seeds) for k in kept]
    refused: dict[int, str] = {}
    due = [Job(i, seed) for i, old in enumerate(flown) for seed in seeds if seed not in old]
    total = len(cells) * len(seeds)
    on_flight(total - len(due), total)
    flying = _fly(cells, due, workers, runner)
    for there, done in enumerate(flying, total - len(due) + 1):
        cell = done.job.cell
        if isinstance(done, Done):
            kept[cell].add(done.flown)
            flown[cell][done.job.seed] = done.flown
        else:
            refused[cell] = done.why
        on_flight(there, total)
    parts = zip(cells, flown, strict=True)
    could = [_in_order(*part) for i, part in enumerate(parts) if i not in refused]
    could_not = [_left_out(cells[i], why) for i, why in sorted(refused.items())]
    return FlownSuite(order, tuple(could), (*left_out, *could_not))


def results(flown: FlownSuite) -> Results:
    """Return the rows of a suite that was flown."""
    rows = tuple(
        count(
            [f.flight for f in part.flights],
            model=part.cell.model,
            model_sha256=part.cell.model_sha256,
            task=part.cell.task,
            condition=part.cell.condition,
            trained=part.cell.trained,
            outside=part.cell.outside,
            difficulty=mean([f.difficulty for f in part.flights]),
        )
        for part in flown.cells
    )
    order = flown.order
    return Results(order.suite, order.seed, order.tasks, order.conditions, rows, flown.left_out)


def _fly(
    cells: Sequence[Cell], jobs: Sequence[Job], workers: int | None, runner: str
) -> Iterator[Done | worker.Refused]:
    flyers = RUNNERS.get(runner)(workers)
    if jobs:
        known = [(absolute(cell.model), cell.world) for cell in cells]
        yield from flyers.run(worker.fly_or_refuse, jobs, worker.prepare, (known,))


def _only(flown: dict[int, Flown], seeds: range) -> dict[int, Flown]:
    return {seed: known for seed, known in flown.items() if seed in seeds}


def _in_order(cell: Cell, flown: dict[int, Flown]) -> FlownCell:
    return FlownCell(cell, tuple(flown[seed] for seed in sorted(flown)))


def _left_out(cell: Cell, why: str) -> LeftOut:
    return LeftOut(cell.model, cell.task, cell.condition, why)
