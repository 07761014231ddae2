"""Films of the flights that failed: each is flown again from its seed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..film import Film
from ..flight import fly
from ..settings import from_data
from ..tasks import Outcome
from .pilots import open_pilot
from .summary import Summary


def film_failures(summary: Summary, count: int, folder: Path) -> Iterator[Path]:
    """Film the first failures of an evaluation, and yield each file that is written.

    Args:
        summary: of the evaluation.
        count: how many.
        folder: where OUTCOME_SEED.mp4 and OUTCOME_SEED.png go.
    """
    failed = [flight for flight in summary.flights if flight.outcome is not Outcome.SUCCESS]
    if not failed[:count]:
        return
    world, pilot = open_pilot(summary.model, from_data(summary.world))
    try:
        for flight in failed[:count]:
            name = f"{flight.outcome.value}_{flight.seed}"
            world.reset(flight.seed)
            with Film(world, folder, name) as film:
                flown = fly(world, pilot, flight.seed, on_step=film.shoot_step)
                yield from film.save(flown)
    finally:
        world.close()
