"""A camera: newest frame up to a moment, at the policy's size and field of view."""

from __future__ import annotations

from collections import deque

import numpy as np

from ..contract import NANOSECONDS, Frame, Image, InputCard, Timing
from ..safety.bounds import LEAST_SHARE
from ..safety.faults import Fault, Problem
from ..safety.settings import SafetySettings
from .base import Aligned, Stream
from .resample import is_plausible, resample


class CameraStream(Stream):
    """Frames of one camera; as a clock every frame starts a step.

    A frame is resampled as it arrives, so that none waits at its full size.

    Attributes:
        assumed: whether the newest frame came without intrinsics, so that its field of view was
            taken to be the policy's.
    """

    def __init__(self, card: InputCard, timing: Timing, settings: SafetySettings) -> None:
        super().__init__(card, timing, settings)
        self._timeout_s = min(card.max_age_s, settings.camera_timeout_s)
        self._fov_deg = float(card.settings["horizontal_fov_deg"])
        if card.dtype != "uint8" or len(card.shape) != 3 or card.shape[2] != 3:
            raise ValueError(f"expected (height, width, 3) uint8, found {card.shape} {card.dtype}")
        if not 0.0 < self._fov_deg < 180.0:
            raise ValueError(f"expected a horizontal_fov_deg of 0 to 180, found {self._fov_deg:g}")

    def reset(self) -> None:
        """Forget all frames."""
        super().reset()
        self._frames: deque[tuple[int, Image]] = deque(maxlen=64)
        self._last: Frame | None = None
        self._changed_ns = 0
        self._mixed: tuple[int, Problem] | None = None
        self.assumed = False

    def add(self, value: Frame, now_ns: int) -> Problem | None:
        """Take a frame; one that is not newer than the last is none."""
        problem = self._check(value, now_ns) or self._other_camera(value, now_ns)
        if problem is not None:
            return problem
        if self.newest_ns is not None and value.stamp_ns <= self.newest_ns:
            return None
        last, self._last = self._last, value
        if last is None or not np.array_equal(last.image, value.image):
            self._changed_ns = value.stamp_ns
        self.newest_ns = value.stamp_ns
        self.assumed = value.intrinsics is None
        age_s = (now_ns - value.stamp_ns) / NANOSECONDS
        unchanged_s = (value.stamp_ns - self._changed_ns) / NANOSECONDS
        if unchanged_s > self.settings.frozen_after_s:
            return Problem(Fault.CAMERA_FROZEN, f"the same for {unchanged_s:.1f} s")
        if age_s > self._timeout_s:
            return Problem(Fault.CAMERA_LATE, f"{age_s:.2f} s old")
        height, width = self.card.shape[:2]
        image = resample(value.image, height, width, self._fov_deg, value.intrinsics)
        self._frames.append((value.stamp_ns, image))
        return None

    def until(self, stamp_ns: int) -> Aligned | Problem:
        """Return the newest frame up to a moment, (height, width, 3) uint8 RGB."""
        while len(self._frames) > 1 and self._frames[1][0] <= stamp_ns:
            self._frames.popleft()
        if not self._frames or self._frames[0][0] > stamp_ns:
            return self.problem or Problem(Fault.CAMERA_MISSING)
        taken_ns, image = self._frames[0]
        age_s = (stamp_ns - taken_ns) / NANOSECONDS
        if age_s > self._timeout_s:
            return self.problem or Problem(Fault.CAMERA_STALE, f"the last is {age_s:.2f} s old")
        return Aligned(image, age_s)

    def silence(self, never: bool, silent_s: float) -> Problem | None:
        """Return camera_missing or camera_stale after the timeout."""
        if silent_s <= self._timeout_s:
            return None
        fault = Fault.CAMERA_MISSING if never else Fault.CAMERA_STALE
        return Problem(fault, f"no new one for {silent_s:.1f} s")

    def _check(self, frame: Frame, now_ns: int) -> Problem | None:
        """Return why a frame must not be kept: kept, it would hide or replace sound ones."""
        image, lens = frame.image, frame.intrinsics
        if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8:
            return Problem(Fault.CAMERA_INVALID, f"{image.shape} {image.dtype}, not RGB of uint8")
        if frame.stamp_ns == 0 and now_ns > self._timeout_s * NANOSECONDS:
            return Problem(Fault.CAMERA_UNSTAMPED)
        ahead_s = (frame.stamp_ns - now_ns) / NANOSECONDS
        if ahead_s > self.settings.future_s:
            return Problem(Fault.CAMERA_FUTURE, f"{ahead_s:.2f} s ahead")
        rows, columns = image.shape[:2]
        height, width = self.card.shape[:2]
        if rows < LEAST_SHARE * height or columns < LEAST_SHARE * width:
            seen = f"{columns}x{rows}, the policy's is {width}x{height}"
            return Problem(Fault.CAMERA_TINY, seen)
        if lens is not None and not is_plausible(lens, rows, columns):
            seen = f"fx {lens.fx:g}, fy {lens.fy:g}, cx {lens.cx:g}, cy {lens.cy:g}"
            return Problem(Fault.CAMERA_GEOMETRY, f"{seen} of {columns}x{rows}")
        return None

    def _other_camera(self, frame: Frame, now_ns: int) -> Problem | None:
        """Return a problem while frames of another camera than the first arrive as well."""
        if self._last is None:
            return None
        first, this = (
            f"{f.image.shape[1]}x{f.image.shape[0]} '{f.frame_id}'" for f in (self._last, frame)
        )
        if first != this:
            self._mixed = now_ns, Problem(Fault.CAMERA_MIXED, f"{first} and {this}")
        if self._mixed is None or now_ns - self._mixed[0] > self._timeout_s * NANOSECONDS:
            return None
        return self._mixed[1]
