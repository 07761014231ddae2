"""Where flights are flown: one way a file, all with the same work."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from liquid_control.registry import Registry

Job = TypeVar("Job")
Result = TypeVar("Result")


class Runner(ABC):
    """Runs one function on many jobs.

    Args:
        workers: processes; as many as there are cores by default.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers

    @abstractmethod
    def run(
        self,
        work: Callable[[Job], Result],
        jobs: Sequence[Job],
        prepare: Callable[..., None],
        prepare_args: tuple[Any, ...],
    ) -> Iterator[Result]:
        """Yield ``work(job)`` for every job, in the order in which they finish.

        Args:
            work: a function of a module, called in a worker.
            jobs: plain data.
            prepare: a function of a module, called once in each worker.
            prepare_args: its arguments, plain data.

        Raises:
            WorkerError: a worker ended before its time.
        """


RUNNERS: Registry[Runner] = Registry(__name__, Runner, "runner")  # type: ignore[type-abstract]
