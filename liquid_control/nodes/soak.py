"""Whether a policy node stays as it is for long: its memory, and what it answers late."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .bench import Feed, NodeTiming, flying_node

SAMPLE_S = 0.25
WARM_UP = 0.2
"""Share of the time after which memory is judged: caches and pools fill first."""
LEAK_KIB_MIN = 32.0
"""Growth that matters, about 45 MiB a day."""
BLOCKS = 10
T_95 = 2.306
"""Student's t for 95 % and BLOCKS - 2 degrees of freedom."""


@dataclass(frozen=True)
class Growth:
    """How fast a process grows.

    Attributes:
        first_kib: resident memory after the warm-up.
        last_kib: at the end.
        slope_kib_min: growth a minute.
        low_kib_min: lower end of its 95 % interval.
        high_kib_min: upper end.
    """

    first_kib: float
    last_kib: float
    slope_kib_min: float
    low_kib_min: float
    high_kib_min: float

    @classmethod
    def of(cls, times_s: Sequence[float], kib: Sequence[float]) -> Growth:
        """Return the growth after the warm-up; NaN where there are too few samples.

        A line through the means of ten blocks: samples next to each other are alike, blocks are
        less so. Its interval is that of least squares.

        Args:
            times_s: of the samples, rising.
            kib: resident memory.
        """
        begins_s = times_s[0] + WARM_UP * (times_s[-1] - times_s[0]) if times_s else 0.0
        kept = [(t, k) for t, k in zip(times_s, kib, strict=True) if t >= begins_s]
        if len(kept) < BLOCKS:
            return cls(*[math.nan] * 5)
        rows = np.array([b.mean(0) for b in np.array_split(np.array(kept), BLOCKS)])
        minutes, sizes = rows[:, 0] / 60.0, rows[:, 1]
        away = minutes - minutes.mean()
        slope = float(away @ sizes / (away @ away))
        rest = sizes - sizes.mean() - slope * away
        half = T_95 * math.sqrt(float(rest @ rest) / (BLOCKS - 2) / float(away @ away))
        return cls(kept[0][1], kept[-1][1], slope, slope - half, slope + half)

    @property
    def verdict(self) -> str:
        """Return flat, grows or undecided: which side of ``LEAK_KIB_MIN`` the interval is on."""
        if self.high_kib_min < LEAK_KIB_MIN:
            return "flat"
        return "grows" if self.low_kib_min > LEAK_KIB_MIN else "undecided"


@dataclass(frozen=True)
class Soak:
    """What came of a long flight over topics.

    Attributes:
        timing: of its answers.
        missed: frames without a command before the next frame was due.
        growth: of the node's memory.
    """

    timing: NodeTiming
    missed: int
    growth: Growth


def soak(model: Path, feed: Feed, seconds: float, log_dir: Path, late_s: float) -> Soak:
    """Fly a policy node in a process of its own for long and watch its memory.

    Args:
        model: policy file with an image and an IMU.
        feed: what its drivers send.
        seconds: for how long.
        log_dir: where the node's words go.
        late_s: an answer that takes longer is a missed deadline.

    Raises:
        ConfigError: the policy takes no camera, or no command came.
        FlightError: the node ended.
    """
    times_s: list[float] = []
    kib: list[float] = []
    with flying_node(model, feed, log_dir) as (drivers, process):
        began = time.monotonic()
        while (now := time.monotonic() - began) < seconds:
            drivers.fly(min(SAMPLE_S, seconds - now))
            times_s.append(time.monotonic() - began)
            kib.append(resident_kib(process))
    timing = drivers.timing()
    return Soak(timing, timing.sent - drivers.within(late_s), Growth.of(times_s, kib))


def resident_kib(process: int) -> float:
    """Return the resident memory of a process, by Linux's /proc."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024
