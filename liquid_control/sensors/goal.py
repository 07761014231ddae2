"""The goal: what a person ordered, as one number for each word of the policy's vocabulary."""

from __future__ import annotations

import numpy as np

from ..contract import Goal, InputCard, Timing
from ..contract.goals import VOCABULARY
from ..safety.faults import Fault, Problem
from ..safety.settings import SafetySettings
from .base import Aligned, Stream


class GoalStream(Stream):
    """The newest order; it stands until another is given. No order is a fault, never a guess.

    One that could not be read takes the place of the one before it: nobody knows what it said.
    """

    stands = True

    def __init__(self, card: InputCard, timing: Timing, settings: SafetySettings) -> None:
        super().__init__(card, timing, settings)
        words = sum(len(card.settings[key]) for key in VOCABULARY)
        if words != card.size:
            raise ValueError(f"expected a number for each of {words} words, found {card.size}")

    def reset(self) -> None:
        """Forget the order."""
        super().reset()
        self._goal: Goal | None = None

    def add(self, value: Goal, now_ns: int) -> Problem | None:
        """Take an order."""
        self._goal, self.newest_ns = value, now_ns
        return None

    def until(self, stamp_ns: int) -> Aligned | Problem:
        """Return the order as numbers: 1 for each word that it says, 0 for the others."""
        if self.problem is not None:
            return self.problem
        if self._goal is None:
            return Problem(Fault.GOAL_MISSING)
        numbers = encode(self._goal, self.card)
        if numbers is None:
            said = f"'{self._goal.manner} {self._goal.colour} {self._goal.kind}'"
            return Problem(Fault.GOAL_UNKNOWN, said)
        return Aligned(self.values(numbers))

    def silence(self, never: bool, silent_s: float) -> Problem | None:
        """Return None: an order stands until another is given."""
        return None


def encode(goal: Goal, card: InputCard) -> np.ndarray | None:
    """Return a goal in the numbers of a card, float32; None where a word is not in it."""
    parts: list[float] = []
    for said, key in zip((goal.kind, goal.colour, goal.manner), VOCABULARY, strict=True):
        words = card.settings[key]
        if said not in words:
            return None
        parts += [float(said == word) for word in words]
    return np.array(parts, np.float32)
