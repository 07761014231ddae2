"""What tasks share that order one of many kinds and colours: drawn, or a person's own."""

from __future__ import annotations

from typing import ClassVar, Literal, TypeVar

from msgspec.structs import replace
from numpy.random import Generator

from liquid_control.contract import Goal
from liquid_control.contract.goals import from_words
from liquid_control.errors import ConfigError

from ..layout import Layout
from ._flying import COLOURS, KINDS, Flying, order_of

NEW_PAIRS = frozenset(
    {
        ("ball", "red"),
        ("barrel", "blue"),
        ("box", "purple"),
        ("car", "yellow"),
        ("chair", "green"),
        ("cone", "white"),
        ("person", "orange"),
        ("sign", "black"),
    }
)
"""Kinds and colours that never go together in training."""
Pair = tuple[str, str]
T = TypeVar("T", bound="Ordered")


class Ordered(Flying, frozen=True):
    """Base of the flying tasks that choose what is ordered.

    Attributes:
        kinds: of the things that there are.
        colours: likewise.
        pairs: what is ordered: pairs of kind and colour of training, or those that it never had.
        order: what every flight orders, such as ``red chair``; drawn anew where it is empty.
    """

    manner: ClassVar[str] = "approach"

    kinds: tuple[str, ...] = KINDS
    colours: tuple[str, ...] = COLOURS
    pairs: Literal["trained", "new"] = "trained"
    order: str = ""

    def __post_init__(self) -> None:
        if not self.order:
            return
        pair = pair_of(self.order, self.orderable(), self.colours)
        if (pair in NEW_PAIRS) != (self.pairs == "new"):
            raise ValueError(f"expected pairs: {self.pairs}, found '{self.order}'; change one")

    def orderable(self) -> tuple[str, ...]:
        """Return the kinds that may be ordered."""
        return self.kinds

    def ordered(self: T, goal: Goal) -> T:
        """Return the task with this order in every flight."""
        check_manner(goal, self.manner)
        pairs = "new" if (goal.kind, goal.colour) in NEW_PAIRS else "trained"
        return replace(self, order=f"{goal.colour} {goal.kind}", pairs=pairs)

    def goal(self, layout: Layout, done: int) -> Goal:
        """Return the order of the target."""
        return order_of(layout.places[layout.target], self.manner)

    def draw_order(self, rng: Generator) -> Pair:
        """Return the kind and the colour that a flight orders."""
        if self.order:
            return pair_of(self.order, self.orderable(), self.colours)
        while True:
            pair = self.draw_pair(rng, self.orderable())
            if (pair in NEW_PAIRS) == (self.pairs == "new"):
                return pair

    def draw_pair(self, rng: Generator, kinds: tuple[str, ...]) -> Pair:
        """Return one of some kinds in any colour."""
        kind = kinds[int(rng.integers(len(kinds)))]
        return kind, self.colours[int(rng.integers(len(self.colours)))]


def pair_of(order: str, kinds: tuple[str, ...], colours: tuple[str, ...]) -> Pair:
    """Return kind and colour of an order such as ``red chair``.

    Raises:
        ValueError: it is not a colour and a kind of these; the message lists them.
    """
    try:
        goal = from_words(order)
    except ConfigError as error:
        raise ValueError(str(error)) from None
    if goal.kind not in kinds or goal.colour not in colours:
        raise ValueError(
            f"expected an order of a colour ({', '.join(colours)}) and a kind "
            f"({', '.join(kinds)}), found '{order}'"
        )
    return goal.kind, goal.colour


def check_manner(goal: Goal, manner: str) -> None:
    """Check that an order is of a task's manner.

    Raises:
        ValueError: it is another; the message says what to do.
    """
    if goal.manner != manner:
        raise ValueError(
            f"expected '{manner} {goal.colour} {goal.kind}' for this task, found "
            f"'{goal.manner}'; change the order or the task"
        )
