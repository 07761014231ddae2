"""Fly and record: the expert alone, or the learner with the expert's corrections."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from liquid_control.contract import Observation, PolicyCard
from liquid_control.observation import Aligner, Frame
from liquid_control.pipeline import Pilot
from liquid_control.runtime import load_policy
from liquid_control.safety import SafetySettings

from ..expert import Expert
from ..flight import PilotAct
from ..parallel import run_flights
from ..world import SensorFrame, World
from .config import CollectConfig, training_world
from .dataset import Recording, RecordingBuilder
from .disturbance import Disturbance


def collect(
    folder: Path,
    seeds: range,
    config: CollectConfig,
    card: PolicyCard,
    *,
    learner: Path | None = None,
    workers: int | None = None,
) -> Iterator[int]:
    """Record the flights that ``folder`` lacks, one file a seed; yield each seed when done.

    Args:
        folder: where recordings go; what is there already is kept.
        seeds: one flight each.
        config: which worlds to draw.
        card: image size, timing and limits of the policy to be.
        learner: a policy that flies while the expert corrects it; the expert flies if None.
        workers: processes; all cores by default.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [seed for seed in seeds if not (folder / f"{seed}.npz").exists()]
    prepare_args = (config, card, learner, folder)
    yield from (seed for seed in seeds if seed not in set(missing))
    yield from run_flights(_record_seed, missing, _prepare, prepare_args, workers)


def load_recordings(folder: Path) -> list[Recording]:
    """Read every flight of a folder, in the order of their seeds."""
    return [Recording.load(p) for p in sorted(folder.glob("*.npz"), key=lambda p: int(p.stem))]


def record(
    world: World,
    seed: int,
    config: CollectConfig,
    card: PolicyCard,
    act: PilotAct | None = None,
) -> Recording:
    """Fly one training seed and return what was seen, with the expert's commands."""
    expert, builder = Expert(card.limits), RecordingBuilder()
    aligner = Aligner(card, SafetySettings())
    rng = np.random.default_rng((seed, 2))
    push = Disturbance(card.limits, rng) if rng.random() < config.disturbed_share else None
    if act is not None:
        act.reset()
    frame: SensorFrame | None = world.reset(seed, training_world(config, seed))
    while frame is not None:
        right = expert.command(world.vehicle_state(), world.target_m)
        aligner.add_imu(frame.imu)
        seen = aligner.observe(Frame(frame.stamp_ns, frame.image), frame.now_ns)
        if isinstance(seen, Observation):
            builder.add(seen, right)
        flown = right if act is None else act(frame)
        if push is not None and act is None:
            flown = push(right, frame.now_ns)
        frame = world.step(flown)
    return builder.build()


_world: World
_act: PilotAct | None
_job: tuple[CollectConfig, PolicyCard, Path]


def _prepare(config: CollectConfig, card: PolicyCard, learner: Path | None, folder: Path) -> None:
    global _world, _act, _job  # noqa: PLW0603 - one world a worker process
    _world, _job = World(), (config, card, folder)
    _act = PilotAct(Pilot(load_policy(learner))) if learner else None


def _record_seed(seed: int) -> int:
    config, card, folder = _job
    record(_world, seed, config, card, _act).save(folder / f"{seed}.npz")
    return seed
