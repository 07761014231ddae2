"""What a policy sees: named inputs, each of a kind, with shape, dtype, frame and largest age."""

from __future__ import annotations

import math
from typing import Any, Literal

import msgspec

from .record import Count, Positive, Record


class InputCard(Record, frozen=True):
    """One input of a policy's graph.

    Attributes:
        kind: how it is aligned, names a file of ``liquid_control/sensors``: image, imu,
            goal, odometry, vector.
        shape: of one observation, without the batch.
        dtype: "uint8" or "float32".
        frame: the frame that its values are in.
        max_age_s: how much older than the observation it may be.
        settings: what only this kind knows, such as an image's field of view.
    """

    kind: str
    shape: tuple[Count, ...]
    dtype: Literal["uint8", "float32"] = "float32"
    frame: str = "base_link"
    max_age_s: Positive = 0.2
    settings: dict[str, Any] = msgspec.field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many numbers one observation has."""
        return math.prod(self.shape)


def image_input(
    height: int = 64,
    width: int = 96,
    horizontal_fov_deg: float = 80.0,
    frame: str = "camera_optical_frame",
    max_age_s: float = 0.5,
) -> InputCard:
    """Return the card of an RGB image: uint8, (height, width, 3)."""
    settings = {"encoding": "rgb8", "horizontal_fov_deg": horizontal_fov_deg}
    return InputCard("image", (height, width, 3), "uint8", frame, max_age_s, settings)


def imu_input(frame: str = "base_link", max_age_s: float = 0.2) -> InputCard:
    """Return the card of an IMU: gyroscope (rad/s), then accelerometer (m/s2), FLU."""
    return InputCard("imu", (6,), "float32", frame, max_age_s)


def goal_input(
    kinds: tuple[str, ...], colours: tuple[str, ...], manners: tuple[str, ...] = ("approach",)
) -> InputCard:
    """Return the card of a goal: a number for each word of the vocabulary, 1 where it is said."""
    vocabulary = {"kinds": list(kinds), "colours": list(colours), "manners": list(manners)}
    size = len(kinds) + len(colours) + len(manners)
    return InputCard("goal", (size,), "float32", "", 1e9, vocabulary)


ODOMETRY_FIELDS = ("forward_m_s", "left_m_s", "up_m_s", "yaw_rate_rad_s", "height_m")


def odometry_input(max_age_s: float = 0.2) -> InputCard:
    """Return the card of odometry: ``ODOMETRY_FIELDS``, heading-aligned velocity and height."""
    settings = {"fields": list(ODOMETRY_FIELDS)}
    return InputCard(
        "odometry", (len(ODOMETRY_FIELDS),), "float32", "base_link", max_age_s, settings
    )


def vector_input(
    fields: tuple[str, ...], frame: str = "base_link", max_age_s: float = 0.2
) -> InputCard:
    """Return the card of any other sensor: named float32 numbers, the newest value counts."""
    return InputCard(
        "vector", (len(fields),), "float32", frame, max_age_s, {"fields": list(fields)}
    )
