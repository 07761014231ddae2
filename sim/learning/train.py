"""The training story: teach the eye, collect expert flights, imitate, correct with DAgger, export.

Every stage leaves its result in the run directory, so a run that was stopped
goes on from its last finished epoch, flight or suite.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from liquid_control.contract import PolicyCard
from liquid_control.networks.export import export, with_scores

from .callbacks import Callbacks
from .clone import Fit, fit_epoch, validate
from .collect import Lesson, collect
from .config import TrainConfig
from .plan import Plan, plan
from .progress import Progress
from .run import open_run
from .score import score
from .store import Recordings, row_dtype, write_whole, writing
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
    fit = Fit.begin(config, lessons.card)
    open_run(config, run)
    eyes = teach(fit.network, lessons, run / "eye", progress)
    checkpoint = run / "checkpoint.pt"
    if checkpoint.exists():
        fit.load(checkpoint)
        progress.say(f"resumed after epoch {fit.epoch}")
    callbacks.on_begin(config, run)

    features = {name: fit.network.encoders[name].features for name in eyes}
    dtype = row_dtype(lessons.card, features)  # type: ignore[arg-type]
    camp = _Camp(lessons, run, None if eyes else flights, eyes, progress)
    validation = Recordings(camp.record(0, lessons.validation), dtype)
    paths: list[Path] = []
    learner: Path | None = None
    for stage, seeds in enumerate(lessons.stages):
        paths += camp.record(stage, seeds, learner)
        recordings = Recordings(paths, dtype)
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


class _Camp:
    """Where the flights of a run are recorded, and of what."""

    def __init__(
        self,
        lessons: Plan,
        run: Path,
        shared: Path | None,
        eyes: Mapping[str, Path],
        progress: Progress,
    ) -> None:
        self._lessons, self._run, self._shared = lessons, run, shared
        self._eyes, self._progress = eyes, progress

    def record(
        self, stage: int, seeds: Mapping[str, Sequence[int]], learner: Path | None = None
    ) -> list[Path]:
        """Record one stage's flights, or find what is there; return their files."""
        kept = self._run / "flights" / ("expert" if stage == 0 else f"round_{stage}")
        lessons = self._lessons.lessons(seeds, kept)
        if stage == 0 and self._shared is not None:
            lessons = [self._in_shared(lesson) for lesson in lessons]
        who = "the expert's" if learner is None else f"{kept.name}, {learner.name}"
        count = sum(len(lesson.seeds) for lesson in lessons)
        with self._progress.bar(count, f"flights, {who}") as advance:
            for _ in collect(lessons, learner, self._eyes):
                advance()
        return [path for lesson in lessons for path in lesson.paths()]

    def _in_shared(self, lesson: Lesson) -> Lesson:
        """Return a lesson whose flights are kept for other runs, by what they are made of."""
        assert self._shared is not None
        folder = self._shared / lesson.recipe.digest()
        text = json.dumps(lesson.recipe.describe(), indent=2)
        write_whole(folder / "recipe.json", lambda part: part.write_text(text))
        return replace(lesson, folder=folder)


def _export(fit: Fit, card: PolicyCard, path: Path) -> None:
    with writing(path):
        export(fit.flown(), card, path)


def _line(epoch: int, metrics: dict[str, float]) -> str:
    loss, validation = metrics["loss"], metrics["validation_loss"]
    return f"epoch {epoch}: loss {loss:.5f}, validation {validation:.5f}"
