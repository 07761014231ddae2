"""Base of what only stands in the way: nobody orders it, and its shades are its own."""

from __future__ import annotations

from typing import ClassVar

from numpy.random import Generator

from liquid_control.contract import Range

from ._bodies import Rgb
from ._thing import Thing
from .colours import check_colour, draw_colour

Shades = tuple[Range, Range, Range]
"""Lowest and highest red, green and blue, 0..1."""
ANY: Shades = ((0.05, 0.95), (0.05, 0.95), (0.05, 0.95))


class Obstacle(Thing, frozen=True):
    """Stands where the layout puts what has its key or kind.

    Attributes:
        colour: one of ``scenery/colours.py``; empty for any of the kind's own shades.
        shades: its own; each is as likely as the others.
    """

    orderable: ClassVar[bool] = False
    shades: ClassVar[tuple[Shades, ...]] = (ANY,)

    colour: str = ""

    def __post_init__(self) -> None:
        if self.colour:
            check_colour(self.colour)

    def shade(self, rng: Generator, colour: str) -> Rgb:
        """Return the colour that is asked for, else one of its own shades."""
        if colour:
            return draw_colour(rng, colour)
        red, green, blue = self.shades[rng.integers(len(self.shades))]
        return float(rng.uniform(*red)), float(rng.uniform(*green)), float(rng.uniform(*blue))
