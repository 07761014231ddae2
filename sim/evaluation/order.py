"""What was ordered on the command line: a model, and the world that it is to fly in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..settings import WorldSettings, load_world, world_of
from .pilots import Known, know
from .suite import DEFAULT_TASK, Strength


@dataclass(frozen=True)
class Order:
    """A model and its world, before the conditions."""

    model: str
    known: Known
    world: WorldSettings
    conditions: tuple[Strength, ...]


def order_world(
    model: str,
    task: str | None = None,
    world_file: Path | None = None,
    conditions: Sequence[Strength] = (),
    rate_hz: float | None = None,
) -> Order:
    """Return what is to be flown where.

    Args:
        model: see ``evaluate``.
        task: its name; that of the policy's card by default.
        world_file: YAML with changes of the task's world.
        conditions: their names.
        rate_hz: of the camera, fixed.

    Raises:
        BundleError: the policy does not verify.
        ConfigError: a name is unknown, or the file is not such a YAML.
    """
    known = know(model)
    task = task or (known.card.task if known.card else "") or DEFAULT_TASK
    world = load_world(world_file, task) if world_file else world_of(task)
    rates = [] if rate_hz is None else [{"name": "rate", "rate_hz": rate_hz}]
    return Order(model, known, world, (*conditions, *rates))
