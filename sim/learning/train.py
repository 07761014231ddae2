"""The training story: teach the eye, collect expert flights, imitate, correct with DAgger, export.

Every stage leaves its result in the run directory, so a run that was stopped
goes on from its last finished epoch, flight or suite.
"""

from __future__ import annotations

from pathlib import Path

from liquid_control.contract import PolicyCard
from liquid_control.networks.export import export, with_scores

from .callbacks import Callbacks
from .camp import open_camp
from .clone import Fit, fit_epoch, validate
from .config import LEARNER, TrainConfig
from .plan import plan
from .progress import Progress
from .run import open_run
from .score import score
from .store import Recordings, row_dtype, writing
from .teach import teach


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
    callbacks = Callbacks(config.callbacks)
    fit = Fit.begin(config, lessons.card, len(lessons.recalled))
    open_run(config, run)
    eyes = teach(fit.network, lessons, run / "eye", progress)
    checkpoint = run / "checkpoint.pt"
    if checkpoint.exists():
        fit.load(checkpoint)
        progress.say(f"resumed after epoch {fit.epoch}")
    callbacks.on_begin(config, run)

    features = {name: fit.network.encoders[name].features for name in eyes}
    dtype = row_dtype(lessons.card, features, len(lessons.recalled))  # type: ignore[arg-type]
    camp = open_camp(lessons, run, None if eyes else flights, eyes, progress)
    validation = Recordings(camp.watched(), dtype)
    paths: list[Path] = []
    learner: Path | None = None
    for stage in range(len(lessons.stages)):
        paths += camp.flights(stage, learner)
        recordings = Recordings(paths, dtype)
        while fit.epoch < config.epochs_until(stage):
            metrics = fit_epoch(fit, recordings, config, progress)
            metrics["validation_loss"] = validate(fit, validation)
            fit.save(checkpoint)
            callbacks.on_epoch(fit.epoch, metrics)
            progress.say(_line(fit.epoch, metrics))
        learner = run / LEARNER.format(stage)
        if not learner.exists():
            _export(fit, fit.network.card, learner)

    policy = run / f"{config.name}.onnx"
    _export(fit, lessons.card_of(fit.network, recordings.sha256()), policy)
    scores = score(policy, lessons, run, progress)
    with writing(policy):
        with_scores(policy, scores)
    callbacks.on_end(policy, scores)
    return policy


def _export(fit: Fit, card: PolicyCard, path: Path) -> None:
    with writing(path):
        export(fit.flown(), card, path)


def _line(epoch: int, metrics: dict[str, float]) -> str:
    loss, validation = metrics["loss"], metrics["validation_loss"]
    return f"epoch {epoch}: loss {loss:.5f}, validation {validation:.5f}"
