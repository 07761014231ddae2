"""Wind: a steady mean and gusts, an Ornstein-Uhlenbeck process on each axis."""

from __future__ import annotations

import math

from numpy.random import Generator

from liquid_control.contract import NotNegative, Positive, Range

from .component import Component
from .vehicles import Vector


class Wind(Component, frozen=True):
    """Ranges of the horizontal mean speed, and the gusts on top of it."""

    mean_m_s: Range = (0.0, 4.0)
    gust_m_s: NotNegative = 0.5
    gust_time_s: Positive = 1.0

    def draw(self, rng: Generator, dt_s: float) -> Air:
        """Return the air of one flight."""
        return Air(self, rng, dt_s)


CALM = Wind((0.0, 0.0), 0.0)


class Air:
    """The air velocity at the vehicle, ENU; ``step`` advances it."""

    def __init__(self, wind: Wind, rng: Generator, dt_s: float) -> None:
        self._rng = rng
        speed, direction = rng.uniform(*wind.mean_m_s), rng.uniform(-math.pi, math.pi)
        self._mean = (speed * math.cos(direction), speed * math.sin(direction))
        self._decay = math.exp(-dt_s / wind.gust_time_s)
        self._kick = wind.gust_m_s * math.sqrt(1 - self._decay**2)
        self._gust: Vector = (0.0, 0.0, 0.0)
        self._draws: list[float] = []

    def step(self) -> Vector:
        """Return the air velocity after one time step, m/s."""
        if not self._draws:
            self._draws = self._rng.standard_normal(1500).tolist()
        decay, kick, draw = self._decay, self._kick, self._draws.pop
        x, y, z = self._gust
        x, y, z = decay * x + kick * draw(), decay * y + kick * draw(), decay * z + kick * draw()
        self._gust = (x, y, z)
        return (self._mean[0] + x, self._mean[1] + y, z)
