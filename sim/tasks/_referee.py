"""The referee of every task that is done once something has held for a while."""

from __future__ import annotations

from collections.abc import Callable

from ..vehicles import Truth
from . import Outcome, Verdict


class HoldReferee:
    """Success once ``holds`` has been true for a time, collision once anything was touched.

    Args:
        holds: whether what the task asks for is so now.
        hold_s: for how long.
        time_limit_s: when to give up.
    """

    def __init__(self, holds: Callable[[Truth], bool], hold_s: float, time_limit_s: float) -> None:
        self._holds, self._hold_s, self._time_limit_s = holds, hold_s, time_limit_s
        self.done = 0
        self._since_s: float | None = None
        self._verdict: Verdict | None = None

    def judge(self, truth: Truth, touched: str | None) -> Verdict | None:
        """Return the verdict once the flight has ended, the same ever after; else None."""
        if self._verdict is None:
            self._verdict = self._decide(truth, touched)
        return self._verdict

    def _decide(self, truth: Truth, touched: str | None) -> Verdict | None:
        now_s = truth.time_s
        if touched is not None:
            return Verdict(Outcome.COLLISION, now_s, touched)
        if not self._holds(truth):
            self._since_s = None
        elif self._since_s is None:
            self._since_s = now_s
        if self._since_s is not None and now_s - self._since_s >= self._hold_s - 1e-9:
            return Verdict(Outcome.SUCCESS, now_s)
        return Verdict(Outcome.TIMEOUT, now_s) if now_s >= self._time_limit_s else None
