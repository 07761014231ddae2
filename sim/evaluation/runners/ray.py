"""Fly on a Ray cluster: the one that RAY_ADDRESS names, else one on this machine.

Files that a world or a policy names must be at the same place on every machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from liquid_control.errors import ConfigError

from ...parallel import WorkerError
from . import Job, Result, Runner


class RayRunner(Runner):
    """One actor a core of the cluster; a job goes to whichever is free."""

    def run(
        self,
        work: Callable[[Job], Result],
        jobs: Sequence[Job],
        prepare: Callable[..., None],
        prepare_args: tuple[Any, ...],
    ) -> Iterator[Result]:
        """Yield ``work(job)`` for every job, in the order in which they finish."""
        try:
            import ray
            from ray.util import ActorPool
        except ImportError:
            raise ConfigError(
                "the runner 'ray' needs ray, which is not installed; "
                "run: pip install 'liquid_control[ray]'"
            ) from None
        own = not ray.is_initialized()
        if own:
            ray.init(log_to_driver=False, logging_level="ERROR", include_dashboard=False)
        try:
            cores = int(ray.cluster_resources().get("CPU", 1))
            count = min(self.workers or cores, cores, len(jobs))
            flyer = ray.remote(num_cpus=1)(_Flyer)
            actors = [flyer.remote() for _ in range(count)]
            ray.get([actor.prepare.remote(prepare, prepare_args) for actor in actors])
            yield from ActorPool(actors).map_unordered(
                lambda actor, job: actor.do.remote(work, job), jobs
            )
        except ray.exceptions.RayTaskError as error:
            raise error.cause from None
        except ray.exceptions.RayActorError as error:
            raise WorkerError(_died(error)) from None
        finally:
            if own:
                ray.shutdown()


class _Flyer:
    """A worker: prepared once, then one job after another."""

    def prepare(self, prepare: Callable[..., None], prepare_args: tuple[Any, ...]) -> None:
        prepare(*prepare_args)

    def do(self, work: Callable[[Job], Result], job: Job) -> Result:
        return work(job)


def _died(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"a Ray worker died: {lines[-1] if lines else error}; try fewer workers"
