"""An IMU: the mean of the samples since the last step, and whether they can be believed."""

from __future__ import annotations

import math
from bisect import insort
from collections import deque

import numpy as np
from numpy.typing import NDArray

from ..contract import NANOSECONDS, ImuSample, InputCard, Timing
from ..safety.bounds import (
    GRAVITY_M_S2,
    LEVEL_S,
    MOST_ACCELERATION_M_S2,
    MOST_GYRO_RAD_S,
    MOST_LEAN_DEG,
    OTHER_CLOCK_S,
    PLAUSIBLE_G,
    STILL_RAD_S,
)
from ..safety.faults import Fault, Problem
from ..safety.settings import SafetySettings
from .base import Aligned, Stream, are_numbers

MOST_SAMPLES = 4096
INTERVALS, STEADY, EARLY = 16, 1.25, 0.9
"""An IMU whose last so many intervals differ by this factor at most keeps its rate: then no sample
is expected before this share of the shortest of them is over."""
LEAST_UPRIGHT = math.cos(math.radians(MOST_LEAN_DEG))


class ImuStream(Stream):
    """Inertial samples in the body frame, FLU; a step waits for those up to its stamp.

    The order in which samples arrive does not matter, only their stamps do. A step does not wait
    for the sample after its stamp where an IMU keeps its rate.
    """

    waits = True

    def __init__(self, card: InputCard, timing: Timing, settings: SafetySettings) -> None:
        super().__init__(card, timing, settings)
        self._timeout_s = min(card.max_age_s, settings.imu_timeout_s)
        if card.shape != (6,) or card.dtype != "float32":
            raise ValueError(f"expected (6,) float32, found {card.shape} {card.dtype}")

    def reset(self) -> None:
        """Forget all samples."""
        super().reset()
        self._samples: deque[ImuSample] = deque()
        self._intervals_ns: deque[int] = deque(maxlen=INTERVALS)
        self._mean: NDArray[np.float32] | None = None
        self._used_ns: int | None = None
        self._last: tuple[float, ...] = ()
        self._changed_ns, self._frozen = 0, False
        self._level = np.zeros(4)
        self._level_since_ns = self._levelled_ns = 0

    def add(self, value: ImuSample, now_ns: int) -> Problem | None:
        """Take a sample; one from before those of the last step comes too late to be used."""
        numbers = value.gyro_rad_s + value.accelerometer_m_s2
        problem = self._check(value, numbers, now_ns)
        if problem is not None:
            return problem
        if self._used_ns is not None and value.stamp_ns <= self._used_ns:
            return None
        if len(self._samples) == MOST_SAMPLES:
            self._samples.popleft()
        insort(self._samples, value, key=lambda sample: sample.stamp_ns)
        self._newer(self._samples[-1].stamp_ns)
        if numbers != self._last or not (self.commanding or self._frozen):
            self._last, self._changed_ns, self._frozen = numbers, value.stamp_ns, False
        return None

    def has_reached(self, stamp_ns: int) -> bool:
        """Return whether no sample up to a moment is to come: one has it, or none is due."""
        if super().has_reached(stamp_ns) or self.newest_ns is None:
            return self.newest_ns is not None
        intervals = self._intervals_ns
        if len(intervals) < INTERVALS or max(intervals) > STEADY * min(intervals):
            return False
        return self.newest_ns + EARLY * min(intervals) > stamp_ns

    def until(self, stamp_ns: int) -> Aligned | Problem:
        """Return the mean of the samples since the last step, (6,) float32: gyro, accelerometer.

        Where there are none, the last mean stands until it is too old. Samples from before a gap
        that resets the policy are not of this flight.
        """
        oldest_ns = stamp_ns - self.timing.reset_after_s * NANOSECONDS
        used: list[tuple[float, ...]] = []
        while self._samples and self._samples[0].stamp_ns <= stamp_ns:
            sample = self._samples.popleft()
            self._used_ns = sample.stamp_ns
            if sample.stamp_ns > oldest_ns:
                used.append(sample.gyro_rad_s + sample.accelerometer_m_s2)
        if used:
            self._mean = np.array(used).mean(axis=0).astype(np.float32)
        if self._used_ns is None:
            return self.problem or Problem(Fault.IMU_MISSING)
        age_s = (stamp_ns - self._used_ns) / NANOSECONDS
        if self._mean is None or age_s > self._timeout_s:
            return self.problem or Problem(Fault.IMU_STALE, f"{age_s:.2f} s older than the frame")
        return self._disbelief(self._mean, stamp_ns) or Aligned(self.values(self._mean), age_s)

    def silence(self, never: bool, silent_s: float) -> Problem | None:
        """Return imu_missing or imu_stale after the timeout."""
        if silent_s <= self._timeout_s:
            return None
        fault = Fault.IMU_MISSING if never else Fault.IMU_STALE
        return Problem(fault, f"none for {silent_s:.1f} s")

    def _newer(self, newest_ns: int) -> None:
        """Note the newest stamp; one that came out of order says nothing of the rate."""
        if self.newest_ns is not None and newest_ns > self.newest_ns:
            self._intervals_ns.append(newest_ns - self.newest_ns)
        else:
            self._intervals_ns.clear()
        self.newest_ns = newest_ns

    def _check(self, s: ImuSample, numbers: tuple[float, ...], now_ns: int) -> Problem | None:
        if not are_numbers(numbers):
            return Problem(Fault.IMU_INVALID)
        largest = [max(map(abs, values)) for values in (s.gyro_rad_s, s.accelerometer_m_s2)]
        if largest[0] > MOST_GYRO_RAD_S or largest[1] > MOST_ACCELERATION_M_S2:
            seen = f"up to {largest[0]:.3g} rad/s and {largest[1]:.3g} m/s2"
            return Problem(Fault.IMU_IMPLAUSIBLE, seen)
        ahead_s = (s.stamp_ns - now_ns) / NANOSECONDS
        if abs(ahead_s) > OTHER_CLOCK_S:
            where = "ahead of" if ahead_s > 0 else "behind"
            return Problem(Fault.IMU_CLOCK, f"stamps are {abs(ahead_s):.1f} s {where} the present")
        if ahead_s > self.settings.future_s:
            return Problem(Fault.IMU_FUTURE, f"{ahead_s:.2f} s ahead")
        return None

    def _disbelief(self, mean: NDArray[np.float32], stamp_ns: int) -> Problem | None:
        """Return why the samples cannot be the vehicle's: by stillness, or by gravity.

        Gravity is seen at rest; in flight in the average, for what lifts or carries a vehicle
        that stays upright pushes along its z axis.
        """
        unchanged_s = (stamp_ns - self._changed_ns) / NANOSECONDS
        self._frozen |= self.commanding and unchanged_s > self.settings.frozen_after_s
        if self._frozen:  # at rest as well: a brake does not mend it
            return Problem(Fault.IMU_FROZEN, f"the same for {unchanged_s:.1f} s")
        gyro, acceleration = np.split(mean.astype(float), 2)
        felt = np.append(acceleration, np.linalg.norm(acceleration))
        level_for_s = self._average(felt, stamp_ns)
        if self.flown:
            if level_for_s < LEVEL_S:
                return None
            felt = self._level
        elif np.linalg.norm(gyro) > STILL_RAD_S:
            return None
        seen = "accelerometer ({:.1f}, {:.1f}, {:.1f}) m/s2".format(*felt[:3])
        if not PLAUSIBLE_G[0] <= felt[3] / GRAVITY_M_S2 <= PLAUSIBLE_G[1]:
            return Problem(Fault.IMU_SCALE, seen)
        if felt[2] < LEAST_UPRIGHT * np.linalg.norm(felt[:3]):
            return Problem(Fault.IMU_AXES, seen)
        return None

    def _average(self, felt: NDArray[np.float64], stamp_ns: int) -> float:
        """Average an acceleration and its size over ``LEVEL_S``; return for how long it has been.

        The size has a mean of its own: that of a vector which turns over passes through zero.
        """
        dt_s = (stamp_ns - self._levelled_ns) / NANOSECONDS
        if dt_s > self.timing.reset_after_s or self._levelled_ns == 0:
            self._level, self._level_since_ns = felt, stamp_ns
        else:
            self._level = self._level + (1 - math.exp(-dt_s / LEVEL_S)) * (felt - self._level)
        self._levelled_ns = stamp_ns
        return (stamp_ns - self._level_since_ns) / NANOSECONDS
