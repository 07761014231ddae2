"""How fast the world is: camera frames a second, physics and sensors included."""

from __future__ import annotations

import time
from typing import Any

from .camera import CameraSettings
from .expert import Expert
from .parallel import cores, run_flights
from .world import SensorFrame, World


def bench_world(seconds: float = 5.0, workers: int | None = None) -> dict[str, Any]:
    """Let the expert fly in every process at once for some seconds.

    Returns:
        ``frames_per_s`` of all processes together, ``real_time_factor`` (simulated over wall
        seconds, likewise), ``workers``, ``width`` and ``height``.
    """
    workers = workers or cores()
    results = list(run_flights(_fly_for, [seconds] * workers, _prepare, (), workers))
    camera = CameraSettings()
    return {
        "frames_per_s": sum(frames / wall for frames, _, wall in results),
        "real_time_factor": sum(flown / wall for _, flown, wall in results),
        "workers": workers,
        "width": camera.width,
        "height": camera.height,
    }


_world: World


def _prepare() -> None:
    global _world  # noqa: PLW0603 - one world a worker process
    _world = World()


def _fly_for(seconds: float) -> tuple[int, float, float]:
    """Return frames, simulated seconds and wall seconds."""
    expert, frames, flown_s, seed = Expert(), 0, 0.0, 0
    start = time.perf_counter()
    while time.perf_counter() - start < seconds:
        expert.reset()
        frame: SensorFrame | None = _world.reset(seed)
        while frame is not None:
            frames += 1
            frame = _world.step(expert.command(_world.vehicle_state(), _world.target_m))
        flown_s += _world.end_s
        seed += 1
    return frames, flown_s, time.perf_counter() - start
