"""Everything that the flying tasks and the conditions ask of one pilot."""

from __future__ import annotations

from . import Suite


class Flight(Suite, frozen=True):
    """Eight tasks of a quadrotor, as they are and under twenty-odd conditions."""

    tasks: tuple[str, ...] = (
        "fly_to_target",
        "find",
        "hike",
        "follow",
        "hide_and_seek",
        "forest",
        "gates",
        "absent",
    )
    conditions: tuple[str, ...] = (
        "none",
        "sky",
        "ground",
        "photographs",
        "light",
        "haze",
        "lens",
        "noise",
        "occlusion",
        "blackout",
        "distractors",
        "latency",
        "slow",
        "fast",
        "jitter",
        "wind",
        "gusts",
        "mass",
        "thrust",
        "motor_lag",
        "imu_bias",
        "far",
        "high",
        "everything",
        "bullet",
    )
