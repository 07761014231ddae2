"""Align camera and IMU streams into one observation a frame, or name the fault."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .camera import resize
from .contract import NANOSECONDS, Image, ImuSample, Observation, PolicyCard
from .faults import Fault
from .safety import SafetySettings


@dataclass(frozen=True)
class Frame:
    """One camera frame as it arrived: (height, width, 3) uint8 RGB, any size."""

    stamp_ns: int
    image: Image


class Aligner:
    """Pairs each new frame with the mean of the inertial samples since the last one."""

    def __init__(self, card: PolicyCard, settings: SafetySettings) -> None:
        self._card, self._settings = card, settings
        self.reset()

    def reset(self) -> None:
        """Forget all frames and samples."""
        self._imu: deque[ImuSample] = deque(maxlen=512)
        self._last: Frame | None = None
        self._observed_ns: int | None = None
        self._changed_ns = 0
        self._mean = np.zeros(6, np.float32)
        self._imu_stamp_ns: int | None = None
        self.frames_dropped = 0

    def add_imu(self, samples: Iterable[ImuSample]) -> None:
        """Take inertial samples as they arrive; a non-finite one is none.

        One that is stamped before its predecessor shows that the predecessor's stamp was wrong:
        kept, it would hide all that follow.
        """
        for sample in samples:
            if all(map(math.isfinite, sample.gyro_rad_s + sample.accelerometer_m_s2)):
                while self._imu and self._imu[-1].stamp_ns > sample.stamp_ns:
                    self._imu.pop()
                self._imu.append(sample)

    def observe(self, frame: Frame, now_ns: int) -> Observation | Fault | None:
        """Return the observation of a new frame, the fault that prevents it, or None.

        None means that the frame is no news: its stamp is not after the last one's.
        """
        last = self._last
        if last is not None and frame.stamp_ns <= last.stamp_ns:
            self.frames_dropped += 1
            return None
        age_s = (now_ns - frame.stamp_ns) / NANOSECONDS
        if age_s < -self._settings.camera_timeout_s:
            return Fault.CAMERA_INVALID  # stamped in the future: keeping it would hide the rest
        if last is None or not np.array_equal(last.image, frame.image):
            self._changed_ns = frame.stamp_ns
        self._last = frame
        unchanged_ns = frame.stamp_ns - self._changed_ns
        if unchanged_ns > self._settings.frozen_after_s * NANOSECONDS:
            return Fault.CAMERA_FROZEN
        if age_s > self._settings.camera_timeout_s:
            return Fault.CAMERA_STALE
        imu, imu_stamp_ns = self._imu_until(frame.stamp_ns)
        imu_age_s = 0.0
        if self._card.uses_imu:
            if imu_stamp_ns is None:
                return Fault.IMU_STALE
            imu_age_s = max(0.0, (frame.stamp_ns - imu_stamp_ns) / NANOSECONDS)
            if imu_age_s > self._settings.imu_timeout_s:
                return Fault.IMU_STALE
        dt_s = self._card.timing.nominal_dt_s
        if self._observed_ns is not None:
            dt_s = (frame.stamp_ns - self._observed_ns) / NANOSECONDS
        self._observed_ns = frame.stamp_ns
        camera = self._card.camera
        image = resize(frame.image, camera.height, camera.width)
        return Observation(frame.stamp_ns, image, imu, dt_s, age_s, imu_age_s)

    def is_stale(self, now_ns: int, since_ns: int) -> bool:
        """Return whether no frame has been taken within the timeout, or the clock went back.

        Args:
            now_ns: the present.
            since_ns: when frames began to be expected.
        """
        newest = since_ns if self._last is None else max(since_ns, self._last.stamp_ns)
        return abs(now_ns - newest) > self._settings.camera_timeout_s * NANOSECONDS

    def _imu_until(self, stamp_ns: int) -> tuple[NDArray[np.float32], int | None]:
        """Average the samples up to a frame; the previous mean stands where there are none.

        Samples from before a gap that resets the policy are not of this flight.
        """
        oldest_ns = stamp_ns - self._card.timing.reset_after_s * NANOSECONDS
        used: list[tuple[float, ...]] = []
        while self._imu and self._imu[0].stamp_ns <= stamp_ns:
            sample = self._imu.popleft()
            if sample.stamp_ns > oldest_ns:
                used.append(sample.gyro_rad_s + sample.accelerometer_m_s2)
                self._imu_stamp_ns = sample.stamp_ns
        if used:
            self._mean = np.array(used).mean(axis=0).astype(np.float32)
        return self._mean, self._imu_stamp_ns
