"""`liquid-control bench soak`: a node's memory over time, and what it misses."""

import math
import os
import subprocess
import sys

import numpy as np
import pytest

from liquid_control.nodes.bench import Feed
from liquid_control.nodes.soak import Growth, resident_kib, soak

TIMES_S = list(range(600))
SLOW = Feed(rate_hz=20.0, imu_hz=100.0)


def sizes(kib_min, noise=20.0):
    rng = np.random.default_rng(0)
    return [100_000 + kib_min * t / 60 + noise * rng.normal() for t in TIMES_S]


@pytest.mark.parametrize(
    ("kib_min", "noise", "verdict"),
    [
        (0.0, 20.0, "flat"),
        (300.0, 20.0, "grows"),
        (-300.0, 20.0, "flat"),
        (32.0, 900.0, "undecided"),
    ],
)
def test_memory_is_called_what_it_does(kib_min, noise, verdict):
    growth = Growth.of(TIMES_S, sizes(kib_min, noise))
    assert growth.verdict == verdict
    assert growth.low_kib_min <= kib_min <= growth.high_kib_min


def test_what_fills_in_the_warm_up_is_no_growth():
    filling = [size + 1000 * min(t, 60) for t, size in zip(TIMES_S, sizes(0.0), strict=True)]
    assert Growth.of(TIMES_S, filling).verdict == "flat"


def test_too_few_samples_decide_nothing():
    growth = Growth.of([0.0, 1.0], [5.0, 5.0])
    assert math.isnan(growth.slope_kib_min) and growth.verdict == "undecided"


def test_the_memory_of_a_process_is_that_which_it_takes():
    before = resident_kib(os.getpid())
    held = np.ones(8 << 20)  # 64 MiB
    assert 60_000 < resident_kib(os.getpid()) - before < 70_000 and held.size


def test_a_node_is_flown_and_its_memory_and_its_deadlines_are_counted(tiny_policy_path, tmp_path):
    found = soak(tiny_policy_path, SLOW, 6.0, tmp_path, late_s=1.0)
    assert found.timing.sent >= 60 and found.timing.answered >= 30
    assert found.growth.first_kib > 20_000 and math.isfinite(found.growth.high_kib_min)
    assert 0 <= found.missed <= found.timing.sent - found.timing.answered + 5


def test_a_deadline_that_nobody_can_keep_is_missed_by_every_frame(tiny_policy_path, tmp_path):
    found = soak(tiny_policy_path, SLOW, 1.0, tmp_path, late_s=0.0)
    assert found.missed == found.timing.sent > 0


def test_a_soak_that_is_too_short_is_refused():
    command = [sys.executable, "-m", "liquid_control.cli.main", "bench", "soak", "--minutes", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 2 and "minutes" in done.stderr
