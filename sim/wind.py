"""Wind: a steady mean and gusts, an Ornstein-Uhlenbeck process on each axis."""

from __future__ import annotations

import math
from dataclasses import dataclass

from numpy.random import Generator

DRAG_N_S_M = 0.3


@dataclass(frozen=True)
class WindSettings:
    """Ranges of the horizontal mean speed, and the gusts on top of it."""

    mean_m_s: tuple[float, float] = (0.0, 4.0)
    gust_m_s: float = 0.5
    gust_time_s: float = 1.0


class Wind:
    """The air velocity at the vehicle, ENU; ``step`` advances it."""

    def __init__(self, settings: WindSettings, rng: Generator, dt_s: float) -> None:
        self._rng = rng
        speed, direction = rng.uniform(*settings.mean_m_s), rng.uniform(-math.pi, math.pi)
        self._mean = (speed * math.cos(direction), speed * math.sin(direction))
        self._decay = math.exp(-dt_s / settings.gust_time_s)
        self._kick = settings.gust_m_s * math.sqrt(1 - self._decay**2)
        self._gust = [0.0, 0.0, 0.0]
        self._draws: list[float] = []

    def step(self) -> tuple[float, float, float]:
        """Return the air velocity after one time step, m/s."""
        if not self._draws:
            self._draws = self._rng.standard_normal(1500).tolist()
        for i in range(3):
            self._gust[i] = self._decay * self._gust[i] + self._kick * self._draws.pop()
        return (self._mean[0] + self._gust[0], self._mean[1] + self._gust[1], self._gust[2])
