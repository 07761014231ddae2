"""What the tests of observer and pilot share: events by milliseconds, and policies of one line."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from liquid_control.contract import (
    NANOSECONDS,
    TICK,
    VELOCITY,
    Command,
    Event,
    Frame,
    ImuSample,
    Observation,
    PolicyCard,
    image_input,
    imu_input,
)
from liquid_control.pipeline import Pilot

MS = 1_000_000
GRAVITY = (0.0, 0.0, 9.81)
CARD = PolicyCard("fake", {"image": image_input(), "imu": imu_input()}, VELOCITY, hidden_size=1)
"""96x64 RGB and IMU."""


def picture(number: int) -> np.ndarray:
    """Return a 96x64 image that no other number below 65,536 has."""
    image = np.full((64, 96, 3), 100, np.uint8)
    image[0, 0, :2] = number % 256, number // 256 % 256
    return image


def frame(ms: int, now_ms: int | None = None, **changes) -> Event:
    """Return a frame taken at ``ms``, seen at ``now_ms`` or as it is taken."""
    changes = {"image": picture(ms)} | changes
    return Event((ms if now_ms is None else now_ms) * MS, "image", Frame(ms * MS, **changes))


def imu(ms: int, now_ms: int | None = None, gyro=(0.0, 0.0, 0.0), accelerometer=GRAVITY) -> Event:
    """Return an inertial sample, at rest by default."""
    return Event(
        (ms if now_ms is None else now_ms) * MS, "imu", ImuSample(ms * MS, gyro, accelerometer)
    )


def tick(ms: int) -> Event:
    """Return the watchdog's event."""
    return Event(ms * MS, TICK)


class Says:
    """A policy that says what a function of the observation gives; ``seen`` is what it was given.

    ``card`` may be another than that of camera and IMU.
    """

    def __init__(
        self,
        say: Callable[[Observation], object] = lambda _: Command((1.0, 0.0, 0.0, 0.5)),
        card: PolicyCard = CARD,
    ) -> None:
        self.card, self._say = card, say
        self.seen: list[Observation] = []
        self.resets = 0

    def reset(self) -> None:
        self.resets += 1
        self.seen.clear()

    def step(self, observation: Observation) -> Command:
        self.seen.append(observation)
        return self._say(observation)


class Legal:
    """Judges what a pilot publishes: finite, inside its limits and no faster than its slew."""

    def __init__(self, pilot: Pilot) -> None:
        self._limits, self._longest_s = pilot.limits, pilot.settings.max_slew_dt_s
        self.begin(0)

    def begin(self, now_ns: int) -> None:
        """Begin a flight: what is published first moves from rest."""
        self._last, self._last_ns, self._now_ns = self._limits.card.rest.values, None, now_ns

    def pass_time(self, now_ns: int) -> None:
        """Let it be at least so late."""
        self._now_ns = max(self._now_ns, now_ns)

    def judge(self, command: Command) -> None:
        assert command.is_finite()
        elapsed_s = self._longest_s
        if self._last_ns is not None:
            elapsed_s = min(elapsed_s, (self._now_ns - self._last_ns) / NANOSECONDS)
        limits = self._limits
        for old, new, low, high, rate in zip(
            self._last, command.values, limits.lows, limits.highs, limits.rates, strict=True
        ):
            assert low <= new <= high
            assert abs(new - old) <= rate * elapsed_s + 1e-12
        self._last, self._last_ns = command.values, self._now_ns
