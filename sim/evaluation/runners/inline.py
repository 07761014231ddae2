"""Fly in this process, one flight after the other: for a debugger, and for a few flights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from . import Job, Result, Runner


class InlineRunner(Runner):
    """No other process at all."""

    def run(
        self,
        work: Callable[[Job], Result],
        jobs: Sequence[Job],
        prepare: Callable[..., None],
        prepare_args: tuple[Any, ...],
    ) -> Iterator[Result]:
        """Yield ``work(job)`` for every job, in order."""
        prepare(*prepare_args)
        for job in jobs:
            yield work(job)
