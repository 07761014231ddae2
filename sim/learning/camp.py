"""Where a run's flights come from: flown for it, or another run's."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from liquid_control.errors import ConfigError

from .collect import Lesson, collect
from .plan import Plan
from .progress import Progress
from .seeds import VALIDATION
from .store import write_whole

FLIGHTS, EXPERT = "flights", "expert"


class Camp(Protocol):
    """Gives the files of flights."""

    def watched(self) -> list[Path]:
        """Return the flights by which a fit is watched; training never sees them."""

    def flights(self, stage: int, learner: Path | None) -> list[Path]:
        """Return those that a stage adds, which this learner flies; the expert if None."""


def open_camp(
    lessons: Plan,
    run: Path,
    shared: Path | None,
    eyes: Mapping[str, Path],
    progress: Progress,
) -> Camp:
    """Return where the flights of a run come from.

    Args:
        lessons: what is to be learnt.
        run: the directory in which flights are kept,
        shared: and the one of the expert's, if other runs may have them.
        eyes: encoders by input that are done.
        progress: where to tell how far it is.

    Raises:
        ConfigError: there is no run to take flights of.
    """
    airfield = _Airfield(lessons, run, shared, eyes, progress)
    recorded = lessons.config.collect.recorded
    return airfield if recorded is None else _Archive(Path(recorded), lessons, airfield)


class _Archive:
    """The flights of another run, all of them in the first stage; later ones are flown."""

    def __init__(self, run: Path, lessons: Plan, airfield: Camp) -> None:
        self._airfield = airfield
        kept = sorted((run / FLIGHTS).glob("*/*/*.npy"))
        self._watched = [path for path in kept if int(path.stem) in VALIDATION]
        self._flights = [path for path in kept if int(path.stem) not in VALIDATION]
        of = {path.parent.name for path in kept}
        if not self._flights or not self._watched or of != set(lessons.recipes):
            raise ConfigError(
                f"collect.recorded: {run}: expected the flights of a run of the same lessons and "
                f"those by which it is watched, found {len(self._flights)} and "
                f"{len(self._watched)} of {', '.join(sorted(of)) or 'none'}; finish that run"
            )

    def watched(self) -> list[Path]:
        return self._watched

    def flights(self, stage: int, learner: Path | None) -> list[Path]:
        return self._airfield.flights(stage, learner) if stage else self._flights


class _Airfield:
    """Where flights are flown, or found if they have been."""

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

    def watched(self) -> list[Path]:
        return self._record(0, self._lessons.validation, None)

    def flights(self, stage: int, learner: Path | None) -> list[Path]:
        return self._record(stage, self._lessons.stages[stage], learner)

    def _record(
        self, stage: int, seeds: Mapping[str, Sequence[int]], learner: Path | None
    ) -> list[Path]:
        kept = self._run / FLIGHTS / (EXPERT if stage == 0 else f"round_{stage}")
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
