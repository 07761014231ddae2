"""What was ordered on the command line: a model, and the world that it is to fly in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from liquid_control.errors import ConfigError

from ..orders import ordered
from ..settings import WorldSettings, load_world, world_of
from .cell import DEFAULT_TASK, Strength
from .pilots import Known, know


@dataclass(frozen=True)
class Order:
    """A model and its world, before the conditions."""

    model: str
    known: Known
    world: WorldSettings
    conditions: tuple[Strength, ...]


def order_world(  # noqa: PLR0917 - what an order may say
    model: str,
    task: str | None = None,
    world_file: Path | None = None,
    conditions: Sequence[str] = (),
    rate_hz: float | None = None,
    goal: str = "",
) -> Order:
    """Return what is to be flown where.

    Args:
        model: see ``evaluate``.
        task: its name; that of the policy's card by default.
        world_file: YAML with changes of the task's world.
        conditions: their names, or YAML such as ``{name: wind, mean_m_s: [3, 4]}``.
        rate_hz: of the camera, fixed.
        goal: a person's order for every flight; those of the task by default.

    Raises:
        BundleError: the policy does not verify.
        ConfigError: a name is unknown, the file is not such a YAML, or nobody can give the order.
    """
    known = know(model)
    task = task or (known.card.task if known.card else "") or DEFAULT_TASK
    world = load_world(world_file, task) if world_file else world_of(task)
    if goal:
        world = ordered(world, goal, known.card)
    rates = [] if rate_hz is None else [{"name": "rate", "rate_hz": rate_hz}]
    return Order(model, known, world, (*map(_condition, conditions), *rates))


def _condition(text: str) -> Strength:
    """Return a condition by its name, or by its YAML with other strengths.

    Raises:
        ConfigError: it is no such YAML.
    """
    if not text.startswith("{"):
        return text
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"condition {text}: {' '.join(str(error).split())}") from None
    if not isinstance(data.get("name"), str):
        raise ConfigError(f"condition {text}: expected {{name: ..., field: value}}; add the name")
    return data
