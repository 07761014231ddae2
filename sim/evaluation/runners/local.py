"""Fly on the cores of this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ...parallel import run_flights
from . import Job, Result, Runner


class LocalRunner(Runner):
    """One process a core."""

    def run(
        self,
        work: Callable[[Job], Result],
        jobs: Sequence[Job],
        prepare: Callable[..., None],
        prepare_args: tuple[Any, ...],
    ) -> Iterator[Result]:
        """Yield ``work(job)`` for every job, in the order in which they finish."""
        yield from run_flights(work, jobs, prepare, prepare_args, self.workers)
