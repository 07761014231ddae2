"""The training story: collect expert flights, imitate, correct with DAgger, export, score.

Every stage leaves its result in the run directory, so a run that was stopped
goes on from its last finished epoch, flight or suite.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from liquid_control.contract import PolicyCard
from liquid_control.networks.export import export, with_scores

from .callbacks import Callbacks
from .clone import Fit, fit_epoch, validate
from .collect import collect, flight_path
from .config import TrainConfig
from .plan import Plan, plan
from .progress import Progress
from .run import open_run
from .score import score
from .store import Recordings, row_dtype, write_whole, writing


def train(config: TrainConfig, run: Path, progress: Progress, flights: Path | None = None) -> Path:
    """Train, export and score one policy; return its file in the run directory.

    Args:
        config: what to train.
        run: the run directory; if it holds an unfinished run of the same
            configuration, that run goes on.
        progress: where to tell how far it is.
        flights: where the expert's flights are kept for other runs too; in ``run`` if None.

    Raises:
        ConfigError: the configuration cannot be used, or the directory holds a run of another.
        StoreError: a file of the run is damaged or cannot be written.
        CallbackError: a callback raised.
    """
    lessons = plan(config)
    card, callbacks = lessons.recipe.card, Callbacks(config.callbacks)
    fit = Fit.begin(config, card)
    open_run(config, run)
    checkpoint = run / "checkpoint.pt"
    if checkpoint.exists():
        fit.load(checkpoint)
        progress.say(f"resumed after epoch {fit.epoch}")
    callbacks.on_begin(config, run)

    expert = _expert_folder(lessons, run, flights)
    watched = _record(lessons, expert, lessons.validation, progress)
    validation = Recordings(watched, row_dtype(card))
    paths: list[Path] = []
    learner: Path | None = None
    for stage, seeds in enumerate(lessons.stages):
        folder = expert if stage == 0 else run / "flights" / f"round_{stage}"
        paths += _record(lessons, folder, seeds, progress, learner)
        recordings = Recordings(paths, row_dtype(card))
        while fit.epoch < config.epochs_until(stage):
            metrics = fit_epoch(fit, recordings, config, progress)
            metrics["validation_loss"] = validate(fit, validation)
            fit.save(checkpoint)
            callbacks.on_epoch(fit.epoch, metrics)
            progress.say(_line(fit.epoch, metrics))
        learner = run / f"learner_{stage}.onnx"
        if not learner.exists():
            _export(fit, fit.network.card, learner)

    policy = run / f"{config.name}.onnx"
    _export(fit, lessons.card_of(fit.network, recordings.sha256()), policy)
    scores = score(policy, lessons, run, progress)
    with writing(policy):
        with_scores(policy, scores)
    callbacks.on_end(policy, scores)
    return policy


def _expert_folder(lessons: Plan, run: Path, flights: Path | None) -> Path:
    """Return where the expert's flights are kept; shared ones by what they are made of."""
    if flights is None:
        return run / "flights" / "expert"
    folder = flights / lessons.recipe.digest()
    text = json.dumps(lessons.recipe.describe(), indent=2)
    write_whole(folder / "recipe.json", lambda part: part.write_text(text))
    return folder


def _record(
    lessons: Plan,
    folder: Path,
    seeds: Sequence[int],
    progress: Progress,
    learner: Path | None = None,
) -> list[Path]:
    """Record one stage's flights, or find what is there; return their files."""
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    name = "the expert's" if learner is None else f"{folder.name}, {learner.name}"
    with progress.bar(len(seeds), f"flights, {name}") as advance:
        for _ in collect(folder, seeds, lessons.recipe, learner):
            advance()
    return [flight_path(folder, seed) for seed in seeds]


def _export(fit: Fit, card: PolicyCard, path: Path) -> None:
    with writing(path):
        export(fit.network, card, path)


def _line(epoch: int, metrics: dict[str, float]) -> str:
    loss, validation = metrics["loss"], metrics["validation_loss"]
    return f"epoch {epoch}: loss {loss:.5f}, validation {validation:.5f}"
