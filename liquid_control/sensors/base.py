"""What every input stream is: readings come in by ``take``, a moment's value comes out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ..contract import InputCard, Timing
from ..safety.bounds import LARGEST
from ..safety.faults import Problem
from ..safety.settings import SafetySettings


@dataclass(frozen=True)
class Aligned:
    """What a policy is given of one input.

    Attributes:
        values: in the shape and dtype of the input's card.
        age_s: how much older than the moment its newest part is.
    """

    values: NDArray[Any]
    age_s: float = 0.0


class Stream(ABC):
    """One input of one flight.

    Attributes:
        waits: whether a step waits (``SafetySettings.wait_s`` at most) until this stream
            ``has_reached`` its stamp.
        stands: whether a reading counts until another comes, even where the clock goes back.
        newest_ns: stamp of the newest sound reading; None before the first.
        problem: what was wrong with what arrived last, if anything.
        flown: whether a command has been published since the reset.
        commanding: whether the last published command was another than rest.

    Raises:
        ValueError: the card is none of this kind: what was expected and what was found.
    """

    waits: ClassVar[bool] = False
    stands: ClassVar[bool] = False

    def __init__(self, card: InputCard, timing: Timing, settings: SafetySettings) -> None:
        self.card, self.timing, self.settings = card, timing, settings
        self.reset()

    def reset(self) -> None:
        """Forget every reading, as before a flight."""
        self.newest_ns: int | None = None
        self.problem: Problem | None = None
        self.flown = self.commanding = False

    def take(self, value: Any, now_ns: int) -> Problem | None:
        """Take what has arrived: a reading, or the problem that there was instead of one."""
        self.problem = value if isinstance(value, Problem) else self.add(value, now_ns)
        return self.problem

    def has_reached(self, stamp_ns: int) -> bool:
        """Return whether every reading up to a moment has come, as far as can be known."""
        return self.newest_ns is not None and self.newest_ns >= stamp_ns

    @abstractmethod
    def add(self, value: Any, now_ns: int) -> Problem | None:
        """Take a reading as it arrives; return what is wrong with it, if anything."""

    @abstractmethod
    def until(self, stamp_ns: int) -> Aligned | Problem:
        """Return what belongs to a moment, or why there is nothing that may be used."""

    @abstractmethod
    def silence(self, never: bool, silent_s: float) -> Problem | None:
        """Return what to call it when nothing has arrived for so long, None while it may be.

        Args:
            never: whether nothing has arrived since the flight began.
            silent_s: how old the newest reading is; since the beginning where there is none.
        """

    def values(self, numbers: Any) -> NDArray[Any]:
        """Return numbers in the dtype and shape of the card."""
        return np.asarray(numbers, self.card.dtype).reshape(self.card.shape)


def are_numbers(values: Iterable[float]) -> bool:
    """Return whether every value is a number that a policy can be given."""
    return all(abs(value) <= LARGEST for value in values)
