"""A goal as a person writes it: `approach blue barrel`, on a topic and in a recording."""

from __future__ import annotations

import shlex

from ..errors import ConfigError
from .events import Goal
from .inputs import InputCard

VOCABULARY = ("kinds", "colours", "manners")
"""The settings of a goal's card, in the order of its numbers."""


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


def check_words(goal: Goal, card: InputCard) -> None:
    """Check that a goal is one of a card's vocabulary.

    Raises:
        ConfigError: a word is not in it; the message lists those that are.
    """
    for said, key in zip((goal.kind, goal.colour, goal.manner), VOCABULARY, strict=True):
        known = card.settings[key]
        if said not in known:
            raise ConfigError(
                f"goal '{to_words(goal)}': '{said}' is none of the policy's {key}; "
                f"expected one of {', '.join(known)}"
            )
