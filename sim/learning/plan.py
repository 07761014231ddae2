"""What a configuration comes to: world, card and seeds, checked before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

import liquid_control
from liquid_control.contract import CommandCard, PolicyCard
from liquid_control.contract.command import replace_limits
from liquid_control.errors import ConfigError
from liquid_control.networks.policy import PolicyNetwork

from ..conditions import conditioned
from ..settings import WorldSettings, fitted, merged, to_data, world_card, world_of
from ..tasks import RecallingExpert
from .collect import Lesson, Recipe
from .config import LessonConfig, TrainConfig
from .seeds import flight_seeds, validation_seeds

KINDS = ("image", "imu", "goal")
"""What a policy is given of a world when the configuration does not say."""


@dataclass(frozen=True)
class Plan:
    """A training before it begins.

    Attributes:
        config: what it was made from.
        card: of the policy to be; it has no network yet.
        recipes: what the flights of each lesson are made of, by its name.
        scenes: what labelled pictures are of, likewise.
        pictures: seeds of their worlds, by scene.
        stages: seeds of the expert's flights, then of every DAgger round's, by lesson.
        validation: of the flights by which the fit is watched, and the worlds by which the eye is.
        score_worlds: plain data by suite.
    """

    config: TrainConfig
    card: PolicyCard
    recipes: dict[str, Recipe]
    scenes: dict[str, Recipe]
    pictures: dict[str, list[int]]
    stages: list[dict[str, list[int]]]
    validation: dict[str, list[int]]
    score_worlds: dict[str, dict[str, Any]]

    @property
    def recalled(self) -> tuple[str, ...]:
        """What the experts of all lessons say that they remember, by name."""
        return next(iter(self.recipes.values())).recalled

    def lessons(self, seeds: Mapping[str, Sequence[int]], folder: Path) -> list[Lesson]:
        """Return what is to be recorded of seeds by lesson, each in a folder of its own."""
        return [Lesson(self.recipes[n], of_one, folder / n) for n, of_one in seeds.items()]

    def sights(self, folder: Path) -> list[Lesson]:
        """Return what is to be labelled, each scene in a folder of its own."""
        return [Lesson(self.scenes[n], of_one, folder / n) for n, of_one in self.pictures.items()]

    def card_of(self, network: PolicyNetwork, data_sha256: str) -> PolicyCard:
        """Return the card of a network that was trained on the flights with this digest."""
        config = self.config
        worlds = [recipe.world for recipe in self.recipes.values()]
        training = {
            "config": {**msgspec.to_builtins(config), "worlds": worlds},
            "seed": config.seed,
            "code_version": liquid_control.__version__,
            "data_sha256": data_sha256,
        }
        for key, path in (("init", config.init_from), ("eye", config.eye_from)):
            if path is not None:
                training[f"{key}_sha256"] = sha256(Path(path).read_bytes()).hexdigest()
        return msgspec.structs.replace(network.card, training=training)


def plan(config: TrainConfig) -> Plan:
    """Return what a configuration comes to.

    Raises:
        ConfigError: task, world, inputs, limits, network, seeds or suites cannot be used.
    """
    lessons, scenes = config.all_lessons, config.all_scenes
    worlds = _worlds(config, lessons, "lesson")
    seen = _worlds(config, scenes, "eye.scenes:") if config.eye.scenes else worlds
    card = training_card(config, next(iter(worlds.values())))
    PolicyNetwork(config.network, card)
    for settings in (*worlds.values(), *seen.values()):
        fitted(settings, card)
    pictures, *stages = flight_seeds(config.flights_seed, config.stage_counts)
    shares = [lesson.share for lesson in lessons]
    recalled = _recalled(config, card, worlds)
    recipes, sights = (
        {
            n: Recipe(to_data(w), card, config.collect.disturbed_share, recalled)
            for n, w in some.items()
        }
        for some in (worlds, seen)
    )
    return Plan(
        config,
        card,
        recipes,
        sights,
        _dealt(pictures, seen, [scene.share for scene in scenes]),
        [_dealt(seeds, worlds, shares) for seeds in stages],
        _dealt(validation_seeds(config.collect.validation_flights), worlds, shares),
        _score_worlds(config, card),
    )


def _recalled(
    config: TrainConfig, card: PolicyCard, worlds: Mapping[str, WorldSettings]
) -> tuple[str, ...]:
    """Return what the experts of all lessons say that they remember; nothing if it is not learnt.

    Raises:
        ConfigError: it is to be learnt, and one says nothing, or something else than another.
    """
    if not config.optimizer.recall:
        return ()
    experts = [world.task.expert(card.command) for world in worlds.values()]
    said = {e.recalled if isinstance(e, RecallingExpert) else () for e in experts}
    if len(said) > 1 or () in said:
        raise ConfigError(
            "optimizer.recall: expected experts that all say alike what they remember, found "
            f"{' and '.join(str(len(names)) for names in sorted(said))} things; set it to 0"
        )
    return said.pop()


def _worlds(
    config: TrainConfig, lessons: Sequence[LessonConfig], what: str
) -> dict[str, WorldSettings]:
    return {
        name: world_of(lesson.task, merged(config.world, lesson.world), f"{what} {name}")
        for name, lesson in zip(_names(lessons), lessons, strict=True)
    }


def _names(lessons: Sequence[LessonConfig]) -> list[str]:
    """Return a name for each lesson: its task's, with a number where that stands twice."""
    tasks = [lesson.task.rpartition(":")[2] for lesson in lessons]
    return [
        task if tasks.count(task) == 1 else f"{task}_{tasks[: i + 1].count(task)}"
        for i, task in enumerate(tasks)
    ]


def _dealt(
    seeds: Sequence[int], names: Iterable[str], shares: Sequence[float]
) -> dict[str, list[int]]:
    """Return seeds by lesson, in proportion to the shares."""
    ends = np.rint(np.cumsum(shares) / np.sum(shares) * len(seeds)).astype(int).tolist()
    starts = [0, *ends[:-1]]
    return {n: list(seeds[a:b]) for n, a, b in zip(names, starts, ends, strict=True)}


def _score_worlds(config: TrainConfig, card: PolicyCard) -> dict[str, dict[str, Any]]:
    """Return the worlds in which the finished policy is measured, by suite."""
    found = {}
    for lesson in {lesson.task: lesson for lesson in config.all_lessons}.values():
        world = world_of(lesson.task, config.score.world, "score.world")
        for suite in config.score.suites:
            settings = conditioned(world, suite)
            fitted(settings, card)
            name = f"{lesson.task}, {suite}" if config.lessons else suite
            found[name] = to_data(settings)
    return found


def training_card(config: TrainConfig, world: WorldSettings) -> PolicyCard:
    """Return the card of the policy to be, without a network.

    Raises:
        ConfigError: the world has no such input, or the vehicle no such command field.
    """
    given = world_card(world).inputs
    names = config.inputs or [name for name, i in given.items() if i.kind in KINDS]
    card = world_card(world, names, config.name)
    return msgspec.structs.replace(
        card,
        timing=config.timing or card.timing,
        command=_limited(card.command, config.limits),
    )


def _limited(command: CommandCard, limits: dict[str, float]) -> CommandCard:
    can_move = [field.name for field in command.fields if field.scale > 0]
    for name in limits:
        if name not in can_move:
            raise ConfigError(
                f"limits.{name}: the vehicle has no such motion; it has {', '.join(can_move)}"
            )
    return replace_limits(command, limits)
