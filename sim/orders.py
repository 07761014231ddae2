"""A person's order in place of those that a task draws."""

from __future__ import annotations

from msgspec.structs import replace

from liquid_control.contract import PolicyCard
from liquid_control.contract.goals import check_words, from_words
from liquid_control.errors import ConfigError

from .settings import GOAL, WorldSettings


def ordered(settings: WorldSettings, text: str, card: PolicyCard | None = None) -> WorldSettings:
    """Return a world in which every flight gives a person's order, and holds what it names.

    Args:
        settings: of the world.
        text: the order, such as ``blue barrel`` or ``follow red car``.
        card: of the policy that is to understand it, if it has one.

    Raises:
        ConfigError: the order is none, or the policy or the task does not know it.
    """
    goal = from_words(text)
    if card is not None:
        cards = [entry for entry in card.inputs.values() if entry.kind == GOAL]
        if not cards:
            raise ConfigError(f"goal '{text}': the policy takes no orders; leave the goal out")
        for entry in cards:
            check_words(goal, entry)
    try:
        return replace(settings, task=settings.task.ordered(goal))
    except ValueError as error:
        raise ConfigError(f"goal '{text}': {error}") from None
