"""The cells of a suite: which model flies which task under which condition, and which cannot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from liquid_control.errors import ConfigError

from ..conditions import CONDITIONS, conditioned
from ..settings import WorldSettings, load_world, world_of
from .cell import describe
from .pilots import Known, know
from .results import LeftOut


@dataclass(frozen=True)
class Cell:
    """One model in one task under one condition.

    Attributes:
        model: what flies.
        model_sha256: of its file; empty for a baseline.
        task: its name.
        condition: its name.
        trained: whether training saw everything that the world may draw.
        outside: what it did not see.
        world: the whole world, plain data.
        settings: the same world.
    """

    model: str
    model_sha256: str
    task: str
    condition: str
    trained: bool | None
    outside: tuple[str, ...]
    world: dict[str, Any]
    settings: WorldSettings


def plan(
    models: Sequence[str],
    tasks: Sequence[str],
    conditions: Sequence[str],
    world: Path | None = None,
) -> tuple[list[Cell], list[LeftOut]]:
    """Return the cells that can be flown, task by task, and those that cannot.

    Args:
        models: policy files, baselines, or ``file.py:function``.
        tasks: their names.
        conditions: likewise.
        world: YAML with changes of the world of every task.

    Raises:
        BundleError: a policy does not verify.
        ConfigError: a name is unknown, or the YAML cannot be used.
    """
    for condition in conditions:
        CONDITIONS.get(condition)
    worlds = {task: load_world(world, task) if world else world_of(task) for task in tasks}
    known = {model: know(model) for model in models}
    found = [
        part
        for task, settings in worlds.items()
        for condition in conditions
        for part in _cells(known, task, condition, settings)
    ]
    cells = [part for part in found if isinstance(part, Cell)]
    return cells, [part for part in found if isinstance(part, LeftOut)]


def _cells(
    known: dict[str, Known], task: str, condition: str, world: WorldSettings
) -> Iterator[Cell | LeftOut]:
    try:
        settings = conditioned(world, condition)
    except ConfigError as error:
        yield LeftOut("", task, condition, str(error))
        return
    for model, what in known.items():
        try:
            yield _cell(model, what, task, condition, settings)
        except ConfigError as error:
            yield LeftOut(model, task, condition, str(error))


def _cell(model: str, known: Known, task: str, condition: str, settings: WorldSettings) -> Cell:
    what = describe(model, known, settings)
    return Cell(
        model,
        known.sha256,
        task,
        condition,
        what["trained"],
        what["outside"],
        what["world"],
        settings,
    )
