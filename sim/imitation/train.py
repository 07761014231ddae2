"""The training story: collect expert flights, imitate, correct with DAgger, export, score.

Every stage leaves its result in the run directory, so a run that was stopped
goes on from its last finished epoch.
"""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Protocol

import msgspec
import msgspec.yaml
import numpy as np
import torch
from torch.utils.tensorboard import SummaryWriter

import liquid_control
from liquid_control.contract import CameraCard, GoldenRollout, PolicyCard, Score
from liquid_control.errors import ConfigError
from liquid_control.networks.export import export, with_scores
from liquid_control.networks.policy import PolicyNetwork

from ..evaluation import evaluate
from ..perturb import perturb
from ..world import WorldSettings
from .collect import collect, load_recordings
from .config import OptimizerConfig, TrainConfig
from .dataset import Chunk, Recording, chunks, count_chunks, data_sha256

VALIDATION_SEED = 800_000
VALIDATION_FLIGHTS = 16
ROUND_SEEDS = 100_000


class Progress(Protocol):
    """How a run tells how far it is."""

    def bar(self, total: int, label: str) -> AbstractContextManager[Callable[[], object]]:
        """Show a bar; what it gives is called once for each of ``total``."""

    def say(self, text: str) -> None:
        """Show a line."""


@dataclass
class Fit:
    """The network and its optimiser, as they are saved."""

    network: PolicyNetwork
    optimizer: torch.optim.Optimizer
    epoch: int = 0

    def save(self, path: Path) -> None:
        """Write a checkpoint whole or not at all."""
        state = {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "epoch": self.epoch,
        }
        torch.save(state, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def load(self, path: Path) -> None:
        """Go back to a checkpoint.

        Raises:
            ConfigError: the file is damaged.
        """
        try:
            state = torch.load(path, weights_only=True)
        except Exception:  # torch raises whatever its readers raise
            raise ConfigError(
                f"{path}: expected a checkpoint, found a damaged file; delete it to fit anew "
                "to the flights that are there"
            ) from None
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.epoch = state["epoch"]


def train(config: TrainConfig, run: Path, progress: Progress) -> Path:
    """Train, export and score one policy; return its file in the run directory.

    Args:
        config: what to train.
        run: the run directory; if it holds an unfinished run of the same
            configuration, that run goes on.
        progress: where to tell how far it is.

    Raises:
        ConfigError: the directory holds a run of another configuration.
    """
    _open_run(config, run)
    torch.manual_seed(config.seed)
    network = PolicyNetwork(config.network, timing=config.timing)
    fit = Fit(
        network,
        torch.optim.AdamW(
            network.parameters(),
            lr=config.optimizer.learning_rate,
            weight_decay=config.optimizer.weight_decay,
        ),
    )
    checkpoint = run / "checkpoint.pt"
    if checkpoint.exists():
        fit.load(checkpoint)
        progress.say(f"resumed after epoch {fit.epoch}")
    writer = SummaryWriter(str(run / "tensorboard"))
    card = card_of(config, network, data="")
    recordings: list[Recording] = []
    validation = _collect(config, run, "validation", card, progress)
    for stage in range(config.collect.dagger_rounds + 1):
        recordings += _collect(config, run, f"round_{stage}", card, progress)
        last = config.optimizer.epochs + stage * config.optimizer.epochs_per_round
        while fit.epoch < last:
            loss = _epoch(fit, recordings, config, progress)
            validation_loss = _validate(network, validation, config)
            writer.add_scalars(
                "loss", {"training": loss, "validation": validation_loss}, fit.epoch
            )
            progress.say(f"epoch {fit.epoch}: loss {loss:.5f}, validation {validation_loss:.5f}")
            fit.save(checkpoint)
        learner = run / f"learner_{stage}.onnx"
        if not learner.exists():
            export(network, card, learner)
    writer.close()
    policy = run / f"{config.name}.onnx"
    export(network, card_of(config, network, data_sha256(recordings)), policy)
    scores = tuple(_score(policy, config, suite, progress) for suite in config.score.suites)
    with_scores(policy, scores)
    return policy


def _open_run(config: TrainConfig, run: Path) -> None:
    text = msgspec.yaml.encode(config).decode()
    kept = run / "config.yaml"
    if kept.exists() and kept.read_text() != text:
        raise ConfigError(f"{run}: holds a run of another configuration; give another directory")
    run.mkdir(parents=True, exist_ok=True)
    kept.write_text(text)
    versions = {name: version(name) for name in ("torch", "mujoco", "onnxruntime", "numpy")}
    versions |= {"liquid_control": liquid_control.__version__, "python": platform.python_version()}
    (run / "versions.json").write_text(json.dumps(versions, indent=2))


def _collect(
    config: TrainConfig, run: Path, name: str, card: PolicyCard, progress: Progress
) -> list[Recording]:
    """Record one stage's flights, or read what is there; the learner flies from round 1."""
    stage = 0 if name == "validation" else int(name.removeprefix("round_"))
    count, first = config.collect.dagger_flights, stage * ROUND_SEEDS
    if name == "validation":
        count, first = VALIDATION_FLIGHTS, VALIDATION_SEED
    elif stage == 0:
        count = config.collect.expert_flights
    learner = run / f"learner_{stage - 1}.onnx" if stage else None
    folder, seeds = run / "flights" / name, range(first, first + count)
    flights = collect(folder, seeds, config.collect, card, learner=learner)
    with progress.bar(count, f"flights, {name.replace('_', ' ')}") as advance:
        for _ in flights:
            advance()
    return load_recordings(folder)


def _epoch(
    fit: Fit, recordings: list[Recording], config: TrainConfig, progress: Progress
) -> float:
    """Fit one epoch with the state carried from chunk to chunk; return the mean loss."""
    o = config.optimizer
    epochs = o.epochs + config.collect.dagger_rounds * o.epochs_per_round
    rng = np.random.default_rng((config.seed, fit.epoch))
    total = count_chunks(recordings, o.lanes, o.chunk)
    hidden: torch.Tensor | None = None
    losses = []
    fit.network.train()
    with progress.bar(total, f"epoch {fit.epoch + 1} of {epochs}") as advance:
        for i, chunk in enumerate(chunks(recordings, o.lanes, o.chunk, config.timing, rng)):
            done = (fit.epoch + i / total) / epochs
            for group in fit.optimizer.param_groups:
                group["lr"] = _learning_rate(o.learning_rate, done)
            loss, hidden = fit_chunk(fit, _black_out(chunk, rng, config), hidden, o)
            losses.append(loss)
            advance()
    fit.epoch += 1
    return float(np.mean(losses))


def _learning_rate(top: float, done: float) -> float:
    """Warm up over the first fiftieth, then decay by a cosine to a hundredth."""
    warm = min(1.0, 0.05 + done * 50)
    return top * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * min(1.0, done))))


def fit_chunk(
    fit: Fit, chunk: Chunk, hidden: torch.Tensor | None, o: OptimizerConfig
) -> tuple[float, torch.Tensor]:
    """Take one optimiser step; return the loss and the detached next state.

    The eye's large products use all cores. The cell's many small ones run on
    one: waiting for a second thread at each would cost far more than it brings.
    """
    network, threads = fit.network, torch.get_num_threads()
    half = o.precision == "bfloat16"
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        features = network.look(chunk.images)
    leaf = features.detach().requires_grad_()
    fit.optimizer.zero_grad()
    torch.set_num_threads(1)
    loss, hidden = _loss(network, leaf, chunk, hidden)
    loss.backward()
    torch.set_num_threads(threads)
    features.backward(leaf.grad)
    torch.nn.utils.clip_grad_norm_(network.parameters(), o.clip_norm)
    fit.optimizer.step()
    return loss.item(), hidden.detach()


def _loss(
    network: PolicyNetwork, features: torch.Tensor, chunk: Chunk, hidden: torch.Tensor | None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the smooth L1 loss in units of the command limits, and the next state."""
    if hidden is None:
        hidden = network.cell.initial_state(len(features))
    commands, hidden = network.decide(features, chunk.imu, chunk.dt_s, hidden, chunk.reset)
    scale = network.command_scale
    loss = torch.nn.functional.smooth_l1_loss(commands / scale, chunk.commands / scale, beta=0.1)
    return loss, hidden


def _black_out(chunk: Chunk, rng: np.random.Generator, config: TrainConfig) -> Chunk:
    """Blacken a run of frames in some lanes: only the state can bridge it."""
    lanes, length = chunk.images.shape[:2]
    for lane in range(lanes):
        if rng.random() < config.collect.blackout_share:
            low, high = config.collect.black_frames
            run, start = int(rng.integers(low, high + 1)), int(rng.integers(0, length))
            chunk.images[lane, start : start + run] = 0
    return chunk


@torch.no_grad()
def _validate(network: PolicyNetwork, recordings: list[Recording], config: TrainConfig) -> float:
    """Return the loss over whole flights that training never sees."""
    network.eval()
    losses = []
    for r in recordings:
        dt_s = r.dt_s.clip(config.timing.min_dt_s, config.timing.max_dt_s)
        images, imu, dts, commands = (
            torch.from_numpy(a)[None] for a in (r.images, r.imu, dt_s, r.commands)
        )
        first = torch.zeros(1, len(r), dtype=torch.bool)
        whole = Chunk(images, imu, dts, commands, first)
        losses.append(_loss(network, network.look(whole.images), whole, None)[0].item())
    return float(np.mean(losses))


def card_of(config: TrainConfig, network: PolicyNetwork, data: str) -> PolicyCard:
    """Return the card of a network that was trained on the flights with digest ``data``."""
    wiring = getattr(network.cell, "wiring", None)
    return PolicyCard(
        name=config.name,
        hidden_size=network.cell.state_size,
        golden=GoldenRollout(seed=1, dt_s=(), commands=()),
        task=config.task,
        camera=CameraCard(),
        limits=network.limits,
        timing=config.timing,
        cell={"name": config.network.cell, **config.network.cell_settings},
        wiring=None if wiring is None else wiring.to_dict(),
        neurons=tuple(getattr(network.cell, "neuron_names", ())),
        training={
            "config": msgspec.to_builtins(config),
            "seed": config.seed,
            "code_version": liquid_control.__version__,
            "data_sha256": data,
        },
    )


def _score(policy: Path, config: TrainConfig, suite: str, progress: Progress) -> Score:
    settings, episodes = perturb(WorldSettings(), suite), config.score.episodes
    with progress.bar(episodes, f"score, {suite}") as advance:
        summary = evaluate(policy, episodes, settings=settings, on_flight=lambda _: advance())
    n, collisions = summary.successes, summary.collisions
    progress.say(f"{suite}: {n} of {episodes}, {collisions} collisions")
    return Score(suite, episodes, n, collisions, summary.success_interval)
