"""Run flights on every core: one process and one world a core, results as they come."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from liquid_control.errors import LiquidControlError
from liquid_control.processes import die_with_parent


class WorkerError(LiquidControlError):
    """A process that flew ended before its time."""


Job = TypeVar("Job")
Result = TypeVar("Result")


def cores() -> int:
    """Return how many processes may run at once."""
    return len(os.sched_getaffinity(0))


def run_flights(
    work: Callable[[Job], Result],
    jobs: Sequence[Job],
    prepare: Callable[..., None],
    prepare_args: tuple[Any, ...],
    workers: int | None = None,
) -> Iterator[Result]:
    """Yield ``work(job)`` for every job, in the order in which they finish.

    Args:
        work: a module-level function, called in a worker process.
        jobs: picklable arguments.
        prepare: a module-level function, called once in each worker.
        prepare_args: its arguments.
        workers: number of processes; all cores by default.
    """
    workers = min(workers or cores(), max(1, len(jobs)))
    pool = ProcessPoolExecutor(
        workers,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start,
        initargs=(prepare, prepare_args),
    )
    try:
        pending = {pool.submit(work, job) for job in jobs}
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    except BrokenProcessPool:
        raise WorkerError(
            "a flight process died; was it killed, or is memory short? try fewer workers"
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start(prepare: Callable[..., None], prepare_args: tuple[Any, ...]) -> None:
    die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prepare(*prepare_args)
