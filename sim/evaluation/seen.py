"""Whether training has seen a world: compare settings with settings, and say which are new."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from functools import cache
from typing import Any

from liquid_control.contract import PolicyCard
from liquid_control.errors import ConfigError

from ..settings import from_data, to_data

REFEREES = ("time_limit_s", "hold_s")
"""Fields of a task that only its referee reads: how long a flight goes on."""
ERRORS = ("sensors", "wind")
"""Parts of a world whose single numbers say how large an error is at most."""
ORDER = "order"
"""A task's field for what a person orders in place of what is drawn: one of the draws."""
CHANCE = "share"
"""How fields end that say in how many flights something happens: any were enough to see it."""
SPREADS = ("tint",)
"""Fields of any part that say how large a difference is at most."""


def outside(world: dict[str, Any], card: PolicyCard) -> tuple[str, ...] | None:
    """Return the paths of what a world may draw and training did not; None if it is not known.

    Seen are equal values, a value or a range inside of the trained one, some of the trained
    words, smaller errors of sensors and wind, and to lack what only some flights had. Of several
    trained worlds those of the same task count, if there are any, and of these the one that
    leaves the least open.

    Args:
        world: the whole world, plain data.
        card: of the policy; its training configuration holds the world or the worlds that it
            was trained in.
    """
    trained = _trained(card.training.get("config", {}))
    if not trained:
        return None
    same = [old for old in trained if _name(old.get("task")) == _name(world.get("task"))]
    read = _read_by(world, card.inputs)
    found = [tuple(_outside(read, _read_by(old, card.inputs), "")) for old in same or trained]
    return min(found, key=len)


def differing(a: Any, b: Any) -> list[str]:
    """Return the paths at which two plain values are not the same."""
    return sorted({*_outside(a, b, "", exact=True), *_outside(b, a, "", exact=True)})


def _trained(config: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the worlds that a training configuration holds: ``worlds``, or its one ``world``."""
    worlds = config.get("worlds") or [config.get("world")]
    return [_complete(json.dumps(world)) for world in worlds if isinstance(world, dict)]


@cache
def _complete(world: str) -> dict[str, Any]:
    """Return a world of JSON with the settings that came later: training had their defaults."""
    data = json.loads(world)
    try:
        return to_data(from_data(data))
    except ConfigError:  # it names what is not here, such as a folder of photographs
        return data


def _name(part: Any) -> str | None:
    return part.get("name") if isinstance(part, dict) else None


def _read_by(world: dict[str, Any], inputs: Collection[str]) -> dict[str, Any]:
    """Return a world with only those sensors that a policy reads."""
    sensors = world.get("sensors", {})
    return {**world, "sensors": {key: sensors[key] for key in sensors if key in inputs}}


def _outside(new: Any, old: Any, path: str, exact: bool = False) -> Iterator[str]:
    if isinstance(new, dict) and isinstance(old, dict):
        if _name(new) != _name(old):  # the fields of another kind say nothing more
            yield f"{path}.name"
            return
        if new.get(CHANCE) == 0 and not exact:  # it happens in no flight, however it would be
            return
        for key in [*new, *(key for key in old if key not in new)]:
            place = f"{path}.{key}" if path else str(key)
            if key in new and key in old:
                yield from _outside(new[key], old[key], place, exact)
            elif exact or not _may_lack(key, new, old):
                yield place
    elif new != old and (exact or not _within(new, old, path)):
        yield path


def _may_lack(key: str, new: dict[str, Any], old: dict[str, Any]) -> bool:
    """Return whether a part that is not there now was not there in some flights of training."""
    part = old.get(key)
    return key not in new and isinstance(part, dict) and part.get(CHANCE, 1) < 1


def _within(new: Any, old: Any, path: str) -> bool:
    """Return whether every draw of ``new`` may be a draw of ``old``."""
    part, name = path.partition(".")[0], path.rpartition(".")[2]
    if part == "task" and (name in REFEREES or (name == ORDER and not old)):
        return True
    if _is_number(new) and _is_number(old):
        if name.endswith(CHANCE):
            return new == 0 or old > 0
        # Errors: less of one, down to none, is among what a larger one draws.
        return (part in ERRORS or name in SPREADS) and 0 <= new <= old
    if _is_number(new) and _is_range(old):
        return old[0] <= new <= old[1]
    if not (isinstance(new, list | tuple) and isinstance(old, list | tuple)):
        return False
    if _is_range(new) and _is_range(old):
        return old[0] <= new[0] and new[1] <= old[1]
    if len(new) == len(old) and any(map(_is_range, old)):  # such as a colour
        return all(n == o or _within(n, o, path) for n, o in zip(new, old, strict=True))
    names = all(isinstance(word, str) for word in [*new, *old])
    return names and bool(new) and set(new) <= set(old)


def _is_range(value: Any) -> bool:
    """Return whether this is a pair of numbers: by convention a pair is a range."""
    return isinstance(value, list | tuple) and len(value) == 2 and all(map(_is_number, value))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
