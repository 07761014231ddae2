"""Whether training has seen a world: compare settings with settings, and say which are new."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from liquid_control.contract import PolicyCard

REFEREES = ("time_limit_s", "hold_s")
"""Fields of a task that only its referee reads: how long a flight goes on."""
ERRORS = ("sensors", "wind")
"""Parts of a world whose single numbers say how large an error is at most."""
CHANCE = "share"
"""How fields end that say in how many flights something happens: any were enough to see it."""


def outside(world: dict[str, Any], card: PolicyCard) -> tuple[str, ...] | None:
    """Return the paths of what a world may draw and training did not; None if it is not known.

    Seen are equal values, a range inside of the trained one, some of the trained words, and
    smaller errors of sensors and wind.

    Args:
        world: the whole world, plain data.
        card: of the policy; its training configuration holds the world that it was trained in.
    """
    trained = card.training.get("config", {}).get("world")
    if not isinstance(trained, dict):
        return None
    return tuple(_outside(_read_by(world, card.inputs), _read_by(trained, card.inputs), ""))


def differing(a: Any, b: Any) -> list[str]:
    """Return the paths at which two plain values are not the same."""
    return sorted({*_outside(a, b, "", exact=True), *_outside(b, a, "", exact=True)})


def _read_by(world: dict[str, Any], inputs: Collection[str]) -> dict[str, Any]:
    """Return a world with only those sensors that a policy reads."""
    sensors = world.get("sensors", {})
    return {**world, "sensors": {key: sensors[key] for key in sensors if key in inputs}}


def _outside(new: Any, old: Any, path: str, exact: bool = False) -> Iterator[str]:
    if isinstance(new, dict) and isinstance(old, dict):
        for key in [*new, *(key for key in old if key not in new)]:
            place = f"{path}.{key}" if path else str(key)
            if key in new and key in old:
                yield from _outside(new[key], old[key], place, exact)
            else:
                yield place
    elif new != old and (exact or not _within(new, old, path)):
        yield path


def _within(new: Any, old: Any, path: str) -> bool:
    """Return whether every draw of ``new`` may be a draw of ``old``."""
    part, name = path.partition(".")[0], path.rpartition(".")[2]
    if part == "task" and name in REFEREES:
        return True
    if _is_number(new) and _is_number(old):
        if name.endswith(CHANCE):
            return new == 0 or old > 0
        # Errors: less of one, down to none, is among what a larger one draws.
        return part in ERRORS and 0 <= new <= old
    if not (isinstance(new, list | tuple) and isinstance(old, list | tuple)):
        return False
    if _is_range(new) and _is_range(old):
        return old[0] <= new[0] and new[1] <= old[1]
    names = all(isinstance(word, str) for word in [*new, *old])
    return names and bool(new) and set(new) <= set(old)


def _is_range(value: list[Any] | tuple[Any, ...]) -> bool:
    """Return whether this is a pair of numbers: by convention a pair is a range."""
    return len(value) == 2 and all(map(_is_number, value))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
