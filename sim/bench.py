"""How fast a world is: readings of its clock a second, physics and sensors included."""

from __future__ import annotations

import time
from typing import Any

from .parallel import cores, run_flights
from .settings import WorldSettings, from_data, to_data, world_card, world_of
from .world import World


def bench_world(
    seconds: float = 5.0, workers: int | None = None, settings: WorldSettings | None = None
) -> dict[str, Any]:
    """Let the expert fly in every process at once for some seconds.

    Args:
        seconds: for how long.
        workers: processes; all cores by default.
        settings: of the world; that of fly_to_target if not given.

    Returns:
        ``frames_per_s`` of all processes together, ``real_time_factor`` (simulated over wall
        seconds, likewise), ``workers``, ``width`` and ``height`` of the image (0 without one).
    """
    workers = workers or cores()
    settings = settings or world_of()
    jobs, arguments = [seconds] * workers, (to_data(settings),)
    results = list(run_flights(_fly_for, jobs, _prepare, arguments, workers))
    card = world_card(settings)
    height, width = card.inputs["image"].shape[:2] if "image" in card.inputs else (0, 0)
    return {
        "frames_per_s": sum(frames / wall for frames, _, wall in results),
        "real_time_factor": sum(flown / wall for _, flown, wall in results),
        "workers": workers,
        "width": width,
        "height": height,
    }


_world: World


def _prepare(data: dict[str, Any]) -> None:
    global _world  # noqa: PLW0603 - one world a worker process
    _world = World(from_data(data))


def _fly_for(seconds: float) -> tuple[int, float, float]:
    """Return readings of the clock, simulated seconds and wall seconds."""
    card = world_card(_world.settings)
    expert = _world.settings.task.expert(card.command)
    frames, flown_s, seed = 0, 0.0, 0
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        _world.reset(seed)
        expert.reset(_world.layout)
        command = card.command.rest
        while _world.verdict is None:
            for event in _world.events():
                if event.source == card.clock:
                    frames += 1
                    command = expert.command(_world.truth(), _world.goal)
            _world.advance(command)
        flown_s += _world.verdict.time_s
        seed += 1
    return frames, flown_s, time.perf_counter() - start
