"""A flight is a list of events: what arrived, when, and for which input.

Time is integer nanoseconds, as in a ROS stamp; durations are float seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

NANOSECONDS = 1_000_000_000
TICK = "tick"
"""The source of the watchdog's event: nothing arrived, but time has passed."""
PERSON = "person"
"""The source of what a person's sticks say: a Reading of 1 while they hold the button that takes
over, else 0, and then of the command's fields."""
PLACE = "place"
"""The source of where the vehicle is, for its fence: a Reading of east, north, up in metres of the
odometry's frame and of the lean in radians."""

Image = NDArray[np.uint8]
"""(height, width, 3) uint8, RGB."""


@dataclass(frozen=True)
class Intrinsics:
    """A pinhole camera, in pixels of the image it belongs to."""

    fx: float
    fy: float
    cx: float
    cy: float


@dataclass(frozen=True)
class Frame:
    """One camera frame as it arrived: (height, width, 3) uint8 RGB, any size.

    Attributes:
        intrinsics: None where the camera's geometry is not known.
        frame_id: of the camera that took it; a second camera on the topic has another.
    """

    stamp_ns: int
    image: Image
    intrinsics: Intrinsics | None = None
    frame_id: str = ""


@dataclass(frozen=True)
class ImuSample:
    """One inertial measurement in the body frame, FLU."""

    stamp_ns: int
    gyro_rad_s: tuple[float, float, float]
    accelerometer_m_s2: tuple[float, float, float]


@dataclass(frozen=True)
class Goal:
    """An order: what kind of thing, of what colour, and how to go about it."""

    kind: str
    colour: str
    manner: str = "approach"


@dataclass(frozen=True)
class Reading:
    """The value of any other sensor: numbers in the order of its card's fields."""

    stamp_ns: int
    values: tuple[float, ...]


@dataclass(frozen=True)
class Event:
    """Something that happened to a pilot.

    Attributes:
        now_ns: when, on the clock of the sensors' stamps.
        source: the input that it is for, or ``TICK``.
        value: Frame, ImuSample, Goal or Reading; a Problem where the message could not be
            read; None for a tick.
    """

    now_ns: int
    source: str
    value: Any = None


@dataclass(frozen=True)
class Observation:
    """Everything that one policy step sees, aligned to one reading of the card's clock.

    Attributes:
        stamp_ns: when the clock's reading was taken.
        dt_s: time since that of the previous step; the nominal step for a first one.
        values: by input name, in the shape and dtype of the card.
        ages_s: by input name, how much older than ``stamp_ns`` its newest part is; for the
            clock, how old it was when the observation was made.
    """

    stamp_ns: int
    dt_s: float
    values: Mapping[str, NDArray[Any]]
    ages_s: Mapping[str, float] = field(default_factory=dict)
