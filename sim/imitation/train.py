"""The training story: collect expert flights, imitate, correct with DAgger, export, score.

Every stage leaves its result in the run directory, so a run that was stopped
goes on from its last finished epoch.
"""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from pathlib import Path

import msgspec
import msgspec.yaml
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
from .config import TrainConfig
from .dataset import Recording, data_sha256
from .fit import Fit, fit_epoch, validate
from .progress import Progress

VALIDATION_SEED = 800_000
VALIDATION_FLIGHTS = 16
ROUND_SEEDS = 100_000


def train(config: TrainConfig, run: Path, progress: Progress) -> Path:
    """Train, export and score one policy; return its file in the run directory.

    Args:
        config: what to train.
        run: the run directory; if it holds an unfinished run of the same
            configuration, that run goes on.
        progress: where to tell how far it is.

    Raises:
        ConfigError: the directory holds a run of another configuration, or the device to fit
            on is not there.
    """
    fit = Fit.begin(config)
    _open_run(config, run)
    checkpoint = run / "checkpoint.pt"
    if checkpoint.exists():
        fit.load(checkpoint)
        progress.say(f"resumed after epoch {fit.epoch}")
    writer = SummaryWriter(str(run / "tensorboard"))
    card = card_of(config, fit.network, data="")
    recordings: list[Recording] = []
    validation = _collect(config, run, "validation", card, progress)
    for stage in range(config.collect.dagger_rounds + 1):
        recordings += _collect(config, run, f"round_{stage}", card, progress)
        last = config.optimizer.epochs + stage * config.optimizer.epochs_per_round
        while fit.epoch < last:
            loss = fit_epoch(fit, recordings, config, progress)
            validation_loss = validate(fit, validation, config)
            writer.add_scalars(
                "loss", {"training": loss, "validation": validation_loss}, fit.epoch
            )
            progress.say(f"epoch {fit.epoch}: loss {loss:.5f}, validation {validation_loss:.5f}")
            fit.save(checkpoint)
        learner = run / f"learner_{stage}.onnx"
        if not learner.exists():
            export(fit.network, card, learner)
    writer.close()
    policy = run / f"{config.name}.onnx"
    export(fit.network, card_of(config, fit.network, data_sha256(recordings)), policy)
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
