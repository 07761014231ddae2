"""What a policy sees, what it says, and the card that states both.

SI units. Body frame FLU (x forward, y left, z up), world frame ENU (REP 103).
Time is integer nanoseconds, as in a ROS stamp; durations are float seconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

SCHEMA_VERSION = 1
NANOSECONDS = 1_000_000_000

Image = NDArray[np.uint8]
"""(height, width, 3) uint8, RGB."""

Positive = Annotated[float, msgspec.Meta(gt=0)]
Count = Annotated[int, msgspec.Meta(ge=1)]


@dataclass(frozen=True)
class Command:
    """A velocity setpoint: heading-aligned FLU velocity and counter-clockwise yaw rate."""

    forward_m_s: float = 0.0
    left_m_s: float = 0.0
    up_m_s: float = 0.0
    yaw_rate_rad_s: float = 0.0

    def as_tuple(self) -> tuple[float, float, float, float]:
        """Return (forward, left, up, yaw rate)."""
        return (self.forward_m_s, self.left_m_s, self.up_m_s, self.yaw_rate_rad_s)

    def is_finite(self) -> bool:
        """Return whether all four fields are finite numbers."""
        return all(math.isfinite(v) for v in self.as_tuple())


STOP = Command()


@dataclass(frozen=True)
class ImuSample:
    """One inertial measurement in the body frame, FLU."""

    stamp_ns: int
    gyro_rad_s: tuple[float, float, float]
    accelerometer_m_s2: tuple[float, float, float]


@dataclass(frozen=True)
class Observation:
    """Everything one policy step sees, aligned to one camera frame.

    Attributes:
        stamp_ns: when the frame was taken.
        image: (height, width, 3) uint8 RGB.
        imu: (6,) float32, gyroscope (rad/s) then accelerometer (m/s2), body FLU.
        dt_s: time since the frame of the previous step; the card's nominal step for a first frame.
        image_age_s: how old the frame was when the observation was made.
        imu_age_s: how much older than the frame the newest inertial sample is.
    """

    stamp_ns: int
    image: Image
    imu: NDArray[np.float32]
    dt_s: float
    image_age_s: float = 0.0
    imu_age_s: float = 0.0


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Immutable, typed, and strict about unknown fields when it is read."""


class CameraCard(_Record, frozen=True):
    """The image that the policy was trained on."""

    height: Count = 64
    width: Count = 96
    encoding: str = "rgb8"
    horizontal_fov_deg: Positive = 80.0
    frame: str = "camera_optical_frame"


class CommandLimits(_Record, frozen=True):
    """Largest magnitude of each command field, and how fast a field may change."""

    forward_m_s: Positive = 2.0
    left_m_s: Positive = 1.0
    up_m_s: Positive = 1.0
    yaw_rate_rad_s: Positive = 1.2
    acceleration_m_s2: Positive = 6.0
    yaw_acceleration_rad_s2: Positive = 12.0

    def as_tuple(self) -> tuple[float, float, float, float]:
        """Return the largest (forward, left, up, yaw rate)."""
        return (self.forward_m_s, self.left_m_s, self.up_m_s, self.yaw_rate_rad_s)


class Timing(_Record, frozen=True):
    """The rates that the policy was trained for."""

    nominal_dt_s: Positive = 0.05
    min_dt_s: Positive = 0.025
    max_dt_s: Positive = 0.3
    reset_after_s: Positive = 1.0

    def __post_init__(self) -> None:
        if not self.min_dt_s <= self.nominal_dt_s <= self.max_dt_s < self.reset_after_s:
            raise ValueError("expected min_dt_s <= nominal_dt_s <= max_dt_s < reset_after_s")

    @classmethod
    def around(cls, nominal_dt_s: float) -> Timing:
        """Return the timing of a policy trained at one rate: half to double the step."""
        return cls(
            nominal_dt_s=nominal_dt_s,
            min_dt_s=nominal_dt_s / 2,
            max_dt_s=nominal_dt_s * 2,
            reset_after_s=max(1.0, nominal_dt_s * 4),
        )


class Score(_Record, frozen=True):
    """A measured closed-loop result."""

    suite: str
    episodes: int
    successes: int
    collisions: int
    success_interval: tuple[float, float]


class GoldenRollout(_Record, frozen=True):
    """What the policy answers to the frames of ``bundle.golden_inputs``."""

    seed: int
    dt_s: tuple[float, ...]
    commands: tuple[tuple[float, float, float, float], ...]


class PolicyCard(_Record, frozen=True):
    """What a policy is: its inputs, its command, its network, its making and its scores."""

    name: str
    hidden_size: Count
    golden: GoldenRollout
    schema_version: int = SCHEMA_VERSION
    task: str = ""
    camera: CameraCard = CameraCard()
    imu_frame: str = "base_link"
    uses_imu: bool = True
    limits: CommandLimits = CommandLimits()
    timing: Timing = Timing()
    parameters: int = 0
    cell: dict[str, Any] = {}
    wiring: dict[str, Any] | None = None
    neurons: tuple[str, ...] = ()
    training: dict[str, Any] = {}
    scores: tuple[Score, ...] = ()
    licence: str = "Apache-2.0"
    source: str = ""
