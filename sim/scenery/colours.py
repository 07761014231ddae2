"""Colours that people and goals have a word for, each a range of shades."""

from __future__ import annotations

from numpy.random import Generator

from liquid_control.contract import Range
from liquid_control.errors import ConfigError

SHADES: dict[str, tuple[Range, Range, Range]] = {
    "red": ((0.65, 0.95), (0.02, 0.14), (0.02, 0.14)),
    "orange": ((0.85, 1.0), (0.35, 0.5), (0.0, 0.08)),
    "yellow": ((0.8, 0.95), (0.7, 0.85), (0.02, 0.15)),
    "green": ((0.02, 0.14), (0.45, 0.7), (0.05, 0.2)),
    "blue": ((0.02, 0.12), (0.12, 0.3), (0.6, 0.95)),
    "purple": ((0.4, 0.6), (0.05, 0.15), (0.5, 0.75)),
    "white": ((0.88, 1.0), (0.88, 1.0), (0.88, 1.0)),
    "black": ((0.02, 0.1), (0.02, 0.1), (0.02, 0.1)),
}
"""Lowest and highest red, green and blue, 0..1, by word."""


def check_colour(colour: str) -> None:
    """Check that a colour has a shade.

    Raises:
        ValueError: it has none; the message lists what there is.
    """
    if colour not in SHADES:
        raise ValueError(f"unknown colour '{colour}': expected one of {', '.join(SHADES)}")


def draw_colour(rng: Generator, colour: str) -> tuple[float, float, float]:
    """Return a shade of a colour, (red, green, blue) in 0..1.

    Raises:
        ConfigError: there is no such colour.
    """
    try:
        check_colour(colour)
    except ValueError as error:
        raise ConfigError(str(error)) from None
    red, green, blue = (float(rng.uniform(*shade)) for shade in SHADES[colour])
    return red, green, blue
