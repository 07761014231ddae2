"""Run flights on every core: one process and one world a core, results as they come."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from liquid_control.errors import LiquidControlError
from liquid_control.processes import die_with_parent


class WorkerError(LiquidControlError):
    """A flight process failed or died; the message says of what."""


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

    Raises:
        LiquidControlError: what ``prepare`` or ``work`` raised.
        WorkerError: they raised something else, or a process died.
    """
    before = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(
        min(workers or cores(), max(1, len(jobs))),
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_start,
        initargs=(os.getpid(), pickle.dumps((prepare, prepare_args))),
    )
    jobs_of: dict[Future[Result], Job] = {}
    try:
        jobs_of = {pool.submit(_do, work, job): job for job in jobs}
        children = set(multiprocessing.active_children()) - before
        pending = set(jobs_of)
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                yield _result(future, jobs_of[future])
    except BrokenProcessPool:
        pool.shutdown(wait=True)
        raise WorkerError(_cause_of_death(children)) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _result(future: Future[Result], job: Job) -> Result:
    try:
        return future.result()
    except (LiquidControlError, BrokenProcessPool):
        raise
    except Exception as error:  # whatever the work raises: its text is the message
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise WorkerError(f"flight {job} failed: {reason}") from error


def _cause_of_death(children: set[BaseProcess]) -> str:
    """Say how the process died that took the others with it (the pool ends those by SIGTERM)."""
    codes = [child.exitcode for child in children if child.exitcode]
    code = next((c for c in codes if c != -signal.SIGTERM), codes[0] if codes else None)
    if code is None:
        return "a flight process ended without a word; run it again with one worker"
    if code > 0:
        return f"a flight process ended itself with exit code {code}; what it said stands above"
    name = signal.Signals(-code).name
    advice = {
        "SIGKILL": "if nobody did so, memory ran out: use fewer workers",
        "SIGTERM": "somebody asked it to stop: start again",
    }.get(name, "run it again with one worker, and report it if it repeats")
    return f"a flight process was ended by {name}; {advice}"


_failure: Exception | None = None


def _start(parent: int, prepared: bytes) -> None:
    """Prepare a worker. What ``prepare`` needs is imported here, after the tie to the parent."""
    global _failure  # noqa: PLW0603 - a worker's first job tells what went wrong before it
    die_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        prepare, prepare_args = pickle.loads(prepared)
        prepare(*prepare_args)
    except Exception as error:
        _failure = error


def _do(work: Callable[[Job], Result], job: Job) -> Result:
    if _failure is not None:
        raise _failure
    return work(job)
