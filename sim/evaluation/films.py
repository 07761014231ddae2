"""Films of the flights that failed: each is flown again from its seed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ..film import Film
from ..flight import fly
from ..settings import WorldSettings, from_data
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
    for flight in failed[:count]:
        name = f"{flight.outcome.value}_{flight.seed}"
        yield from film(summary.model, from_data(summary.world), flight.seed, folder, name)


def film(
    model: str, settings: WorldSettings, seed: int, folder: Path, name: str
) -> tuple[Path, Path]:
    """Fly a seed again and film it.

    Returns:
        The film NAME.mp4 and the picture NAME.png in the folder.
    """
    world, pilot = open_pilot(model, settings)
    try:
        world.reset(seed)
        with Film(world, folder, name) as reel:
            flown = fly(world, pilot, seed, on_step=reel.shoot_step)
            mp4, png = reel.save(flown)
    finally:
        world.close()
    return mp4, png
