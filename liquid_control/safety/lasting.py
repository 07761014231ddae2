"""Something odd that is told at once, and acted upon only when it lasts."""

from __future__ import annotations

from dataclasses import dataclass

from ..contract import NANOSECONDS
from .faults import Problem


@dataclass(frozen=True)
class Lasting:
    """What is odd, and since when; a value, stepped by ``take``.

    Attributes:
        problem: what is odd now; None if nothing is.
        since_ns: the stamp at which it began.
    """

    problem: Problem | None = None
    since_ns: int = 0

    def take(self, problem: Problem | None, stamp_ns: int) -> Lasting:
        """Return it after an observation."""
        lasts = problem is not None and self.problem is not None
        return Lasting(problem, self.since_ns if lasts else stamp_ns)

    def brakes(self, stamp_ns: int, after_s: float) -> Problem | None:
        """Return the problem once it has lasted for ``after_s``; never where that is 0."""
        lasted_s = (stamp_ns - self.since_ns) / NANOSECONDS
        return self.problem if 0.0 < after_s <= lasted_s else None
