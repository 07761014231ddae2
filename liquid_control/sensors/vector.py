"""Any other sensor: named numbers of which the newest up to a moment count."""

from __future__ import annotations

from collections import deque

from ..contract import NANOSECONDS, Reading
from ..safety.faults import Fault, Problem
from .base import Aligned, Stream, are_numbers


class VectorStream(Stream):
    """Readings of one sensor, in the order of its card's fields."""

    def reset(self) -> None:
        """Forget all readings."""
        super().reset()
        self._readings: deque[Reading] = deque(maxlen=4096)

    def add(self, value: Reading, now_ns: int) -> Problem | None:
        """Take a reading; one that is not newer than the last is none."""
        problem = self._check(value, now_ns)
        if problem is None and (self.newest_ns is None or value.stamp_ns > self.newest_ns):
            self._readings.append(value)
            self.newest_ns = value.stamp_ns
        return problem

    def until(self, stamp_ns: int) -> Aligned | Problem:
        """Return the newest reading up to a moment, in the shape of the card."""
        while len(self._readings) > 1 and self._readings[1].stamp_ns <= stamp_ns:
            self._readings.popleft()
        if not self._readings or self._readings[0].stamp_ns > stamp_ns:
            return self.problem or Problem(Fault.INPUT_MISSING)
        age_s = (stamp_ns - self._readings[0].stamp_ns) / NANOSECONDS
        if age_s > self.card.max_age_s:
            return self.problem or Problem(Fault.INPUT_STALE, f"{age_s:.2f} s old")
        return Aligned(self.values(self._readings[0].values), age_s)

    def silence(self, never: bool, silent_s: float) -> Problem | None:
        """Return input_missing or input_stale after the card's largest age."""
        if silent_s <= self.card.max_age_s:
            return None
        fault = Fault.INPUT_MISSING if never else Fault.INPUT_STALE
        return Problem(fault, f"none for {silent_s:.1f} s")

    def _check(self, reading: Reading, now_ns: int) -> Problem | None:
        if len(reading.values) != self.card.size:
            seen = f"{len(reading.values)} numbers, the card has {self.card.size}"
            return Problem(Fault.INPUT_INVALID, seen)
        if not are_numbers(reading.values):
            return Problem(Fault.INPUT_INVALID, "a value is no number")
        ahead_s = (reading.stamp_ns - now_ns) / NANOSECONDS
        if ahead_s > self.settings.future_s:
            return Problem(Fault.INPUT_INVALID, f"stamped {ahead_s:.2f} s ahead")
        return None
