"""When a sensor measures, how late that arrives and what is lost: once for all sensors."""

from __future__ import annotations

import math

from numpy.random import Generator

from . import Sensor


class Delivery:
    """One flight's timing of one sensor, in whole physics ticks.

    Attributes:
        delay_ticks: how late every measurement arrives.
        next_tick: before which nothing is due.
    """

    def __init__(self, sensor: Sensor, rng: Generator, tick_s: float) -> None:
        self._rng = rng
        self._jitter, self._dropout = sensor.jitter, sensor.dropout
        low, high = sensor.rate_hz
        rate_hz = low if low == high else math.exp(rng.uniform(math.log(low), math.log(high)))
        self._interval = max(1.0, 1.0 / (rate_hz * tick_s))
        self._due = 0.0
        self.next_tick = 0
        self.delay_ticks = round(rng.uniform(*sensor.delay_s) / tick_s)

    def due(self, tick: int) -> bool:
        """Return whether something is measured at this tick, and not lost."""
        if tick < self.next_tick:
            return False
        first = self.next_tick == 0
        stretch = 1.0
        if self._jitter:
            stretch += self._rng.uniform(-self._jitter, self._jitter)
        self._due += self._interval * stretch
        self.next_tick = max(tick + 1, round(self._due))
        return first or not self._dropout or self._rng.random() >= self._dropout
