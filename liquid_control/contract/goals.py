"""A goal as a person writes it: `approach blue barrel`, on a topic and in a recording."""

from __future__ import annotations

import shlex

from ..errors import ConfigError
from .events import Goal


def to_words(goal: Goal) -> str:
    """Return a goal as `manner colour kind`; a word with blanks stands in quotes."""
    return shlex.join((goal.manner, goal.colour, goal.kind))


def from_words(text: str) -> Goal:
    """Return the goal of a line: `colour kind` to approach it, or `manner colour kind`.

    Raises:
        ConfigError: it is neither two words nor three.
    """
    try:
        words = shlex.split(text)
    except ValueError:  # a quotation mark without its fellow
        words = []
    if len(words) not in (2, 3):
        raise ConfigError(
            f"goal '{text}': expected 'colour kind' or 'manner colour kind', "
            "such as 'approach blue barrel'"
        )
    kind, colour, *manner = reversed(words)
    return Goal(kind, colour, *manner)
