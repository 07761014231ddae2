"""Make a part of a network from the settings of a configuration, or say in one line why not."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from torch import nn

from ..errors import ConfigError

T = TypeVar("T")


def build(
    what: str,
    part: type[T],
    given: tuple[Any, ...],
    settings: Mapping[str, Any],
    also: Iterable[str] = (),
) -> T:
    """Return ``part(*given, **settings)``.

    Args:
        what: the part in messages, such as "cell 'cfc'".
        part: its class.
        given: its first arguments, which are no settings.
        settings: its keyword arguments.
        also: names of settings that the caller has dealt with, for the message.

    Raises:
        ConfigError: it has no such setting, or cannot be made with these values.
    """
    known = [*list(inspect.signature(part).parameters)[len(given) :], *also]
    for key in settings:
        if key not in known:
            raise ConfigError(
                f"the {what} has no setting {key!r}; it has {', '.join(known) or 'none'}"
            )
    try:
        made = part(*given, **settings)
        _check_sizes(made)
        return made
    except (TypeError, ValueError, RuntimeError) as error:  # what torch makes of wrong values
        values = ", ".join(f"{key}={value!r}" for key, value in settings.items())
        reason = " ".join(str(error).split())
        raise ConfigError(f"the {what} cannot be made with ({values}): {reason}") from error


def _check_sizes(made: object) -> None:
    """Refuse a part of size 0, of which torch says nothing."""
    for name, value in made.named_parameters() if isinstance(made, nn.Module) else ():
        if value.numel() == 0:
            raise ValueError(f"{name} would have no numbers; every size must be at least 1")
