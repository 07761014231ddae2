"""The kinds of things that a task can put somewhere, and which of them a goal may name."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from liquid_control.errors import ConfigError

from . import SCENERY
from ._thing import Thing


@cache
def kind_of(name: str) -> type[Thing]:
    """Return the class of a kind of thing, which knows its footprint.

    Raises:
        ConfigError: there is no such scenery, or it stands nowhere in particular.
    """
    kind = SCENERY.get(name)
    if not issubclass(kind, Thing):
        raise ConfigError(f"scenery '{name}': expected a kind of thing, found {kind.__name__}")
    return kind


def _orderable() -> tuple[str, ...]:
    """Return the names; what is installed beside the package must not change the vocabulary."""
    own = {path.stem for path in Path(__file__).parent.glob("*.py")} & set(SCENERY.names())
    things = [name for name in sorted(own) if issubclass(SCENERY.get(name), Thing)]
    return tuple(name for name in things if kind_of(name).orderable)


ORDERABLE: tuple[str, ...] = _orderable()
"""The kinds that a goal may name, sorted."""
