"""The table of faults: a word, how it is seen, from when on, the reaction, what to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import Enum

from .bounds import (
    LARGEST,
    LEAST_SHARE,
    LEVEL_S,
    MOST_ACCELERATION_M_S2,
    MOST_GYRO_RAD_S,
    MOST_LEAN_DEG,
    OTHER_CLOCK_S,
    PLAUSIBLE_G,
)
from .settings import SafetySettings


class Reaction(str, Enum):
    """What the gate does about a fault; the value says it to an operator."""

    BRAKE = "brakes"
    FAILSAFE = "silent at once"
    WARN = "warns, or brakes if asked"


class Fault(str, Enum):
    """Something that keeps a policy's command from being flown; the value is its word."""

    CAMERA_MISSING = "camera_missing"
    CAMERA_STALE = "camera_stale"
    CAMERA_LATE = "camera_late"
    CAMERA_FUTURE = "camera_future"
    CAMERA_UNSTAMPED = "camera_unstamped"
    CAMERA_FROZEN = "camera_frozen"
    CAMERA_INVALID = "camera_invalid"
    CAMERA_TINY = "camera_tiny"
    CAMERA_MIXED = "camera_mixed"
    CAMERA_GEOMETRY = "camera_geometry"
    IMU_MISSING = "imu_missing"
    IMU_STALE = "imu_stale"
    IMU_CLOCK = "imu_clock"
    IMU_FUTURE = "imu_future"
    IMU_INVALID = "imu_invalid"
    IMU_IMPLAUSIBLE = "imu_implausible"
    IMU_AXES = "imu_axes"
    IMU_SCALE = "imu_scale"
    IMU_FROZEN = "imu_frozen"
    GOAL_MISSING = "goal_missing"
    GOAL_UNKNOWN = "goal_unknown"
    INPUT_MISSING = "input_missing"
    INPUT_STALE = "input_stale"
    INPUT_INVALID = "input_invalid"
    PERSON_LOST = "person_lost"
    PERSON_INVALID = "person_invalid"
    PLACE_LOST = "place_lost"
    PLACE_INVALID = "place_invalid"
    FENCE_LEFT = "fence_left"
    TOO_LOW = "too_low"
    TOO_HIGH = "too_high"
    TOO_TILTED = "too_tilted"
    CLOCK_BACK = "clock_back"
    PILOT_HUNG = "pilot_hung"
    OUT_OF_DOMAIN = "out_of_domain"
    COMMAND_NOT_FINITE = "command_not_finite"
    COMMAND_OUT_OF_LIMITS = "command_out_of_limits"
    COMMAND_STUCK = "command_stuck"
    POLICY_FAILED = "policy_failed"


@dataclass(frozen=True)
class Row:
    """What stands in the table beside a fault.

    Attributes:
        seen: how it shows.
        advice: what to do about it.
        threshold: from when on; an operator's timeout by its name in braces.
        reaction: of the gate.
    """

    seen: str
    advice: str
    threshold: str = "at once"
    reaction: Reaction = Reaction.BRAKE

    def limit(self, settings: SafetySettings | None = None) -> str:
        """Return the threshold with the values of the operator's timeouts, such as 0.5 s."""
        values = {k: f"{v:g} s" for k, v in asdict(settings or SafetySettings()).items()}
        return self.threshold.format(**values)


_LEAN = f"more than {MOST_LEAN_DEG:g}° at rest, or in the mean of about {LEVEL_S:g} s of flight"
_SIZE = f"outside {PLAUSIBLE_G[0]:g} to {PLAUSIBLE_G[1]:g} g at rest, or in that mean"
_RANGE = f"more than {MOST_GYRO_RAD_S:g} rad/s or {MOST_ACCELERATION_M_S2:g} m/s2"

FAULTS: dict[Fault, Row] = {
    Fault.CAMERA_MISSING: Row(
        "no frame has come since activation", "check topic name and driver", "{camera_timeout_s}"
    ),
    Fault.CAMERA_STALE: Row(
        "frames have stopped", "check the camera and its driver", "{camera_timeout_s}"
    ),
    Fault.CAMERA_LATE: Row(
        "frames arrive too old",
        "lower the latency or synchronise the clocks",
        "{camera_timeout_s} old",
    ),
    Fault.CAMERA_FUTURE: Row(
        "frames are stamped in the future", "synchronise the camera's clock", "{future_s} ahead"
    ),
    Fault.CAMERA_UNSTAMPED: Row("frames have stamp 0", "let the driver stamp them when taken"),
    Fault.CAMERA_FROZEN: Row(
        "the pixels do not change", "restart the camera", "{frozen_after_s} the same"
    ),
    Fault.CAMERA_INVALID: Row("the image cannot be read", "set the driver's encoding"),
    Fault.CAMERA_TINY: Row(
        "the image is far smaller than the policy's",
        "raise the resolution",
        f"less than {LEAST_SHARE:g} of its rows or columns",
    ),
    Fault.CAMERA_MIXED: Row(
        "images of two cameras arrive on one topic", "separate them", "another size or frame_id"
    ),
    Fault.CAMERA_GEOMETRY: Row(
        "camera_info is not of this image",
        "calibrate it or leave it out",
        "a view outside 3° to 170°, or a centre outside of the image",
    ),
    Fault.IMU_MISSING: Row(
        "no IMU sample has come since activation",
        "check topic and driver",
        "{wait_s} after a frame",
    ),
    Fault.IMU_STALE: Row(
        "IMU samples are too old for the frame", "check rate and latency", "{imu_timeout_s} older"
    ),
    Fault.IMU_CLOCK: Row(
        "camera and IMU run on different clocks",
        "stamp both with one",
        f"{OTHER_CLOCK_S:g} s from the present",
    ),
    Fault.IMU_FUTURE: Row(
        "IMU samples are stamped in the future", "synchronise its clock", "{future_s} ahead"
    ),
    Fault.IMU_INVALID: Row(
        "the IMU gives values that are no numbers",
        "check the driver",
        f"NaN, or beyond {LARGEST:g}, until {{imu_timeout_s}} have no sound sample",
    ),
    Fault.IMU_IMPLAUSIBLE: Row(
        "the IMU gives values that no vehicle survives",
        "check its units and wiring",
        f"{_RANGE}, until {{imu_timeout_s}} have no sound sample",
    ),
    Fault.IMU_AXES: Row("gravity is not along +z", "mount or rotate the IMU to FLU", _LEAN),
    Fault.IMU_SCALE: Row("gravity is not 9.8 m/s2", "give accelerations in m/s2", _SIZE),
    Fault.IMU_FROZEN: Row(
        "IMU values never change while it is flown", "restart the IMU", "{frozen_after_s} the same"
    ),
    Fault.GOAL_MISSING: Row("no goal has been given", "publish one"),
    Fault.GOAL_UNKNOWN: Row(
        "the goal is outside the policy's vocabulary", "give one of its words"
    ),
    Fault.INPUT_MISSING: Row(
        "an input has not come since activation", "check topic and driver", "its max_age_s"
    ),
    Fault.INPUT_STALE: Row(
        "an input is too old", "check its rate and latency", "its max_age_s in the card"
    ),
    Fault.INPUT_INVALID: Row(
        "an input's message does not fit the card",
        "check the driver",
        "another length, no number, or {future_s} ahead",
    ),
    Fault.PERSON_LOST: Row(
        "the sticks are silent while held", "check joystick and link", "{person_timeout_s}"
    ),
    Fault.PERSON_INVALID: Row("the sticks cannot be read", "check takeover.axes and the driver"),
    Fault.PLACE_LOST: Row(
        "the odometry that the fence needs is silent",
        "check fence.topic and the estimator",
        "{place_timeout_s}",
    ),
    Fault.PLACE_INVALID: Row(
        "the odometry that the fence needs is no number", "check the estimator"
    ),
    Fault.FENCE_LEFT: Row(
        "the vehicle is outside its fence", "take over and fly it back", "fence.radius_m"
    ),
    Fault.TOO_LOW: Row("the vehicle is below its floor", "take over and climb", "fence.floor_m"),
    Fault.TOO_HIGH: Row(
        "the vehicle is above its ceiling", "take over and descend", "fence.ceiling_m"
    ),
    Fault.TOO_TILTED: Row(
        "the vehicle leans too far", "let the autopilot level it", "fence.lean_deg"
    ),
    Fault.CLOCK_BACK: Row("the clock went back", "the flight begins anew", "0.1 s"),
    Fault.PILOT_HUNG: Row(
        "the pilot's process stood still, or its clock was set",
        "look for what takes its CPU",
        "{hung_after_s} without an event or a tick",
    ),
    Fault.OUT_OF_DOMAIN: Row(
        "pictures are unlike those of training",
        "look at the camera's picture",
        "one frame; brakes only after out_of_domain_after_s, if set",
        Reaction.WARN,
    ),
    Fault.COMMAND_NOT_FINITE: Row("the policy said a value that is no number", "export it again"),
    Fault.COMMAND_OUT_OF_LIMITS: Row("the policy left the limits of its card", "do not fly it"),
    Fault.COMMAND_STUCK: Row(
        "the policy file says the same again and again",
        "restart it, or try provider cpu",
        "{stuck_after_s}, rest excepted",
    ),
    Fault.POLICY_FAILED: Row(
        "the policy could not be run", "land and verify it", reaction=Reaction.FAILSAFE
    ),
}


@dataclass(frozen=True)
class Problem:
    """A fault, and what was seen of it this time."""

    fault: Fault
    detail: str = ""

    def __str__(self) -> str:
        """Return what the operator reads: word, what was seen, what it means, what to do."""
        row, seen = FAULTS[self.fault], f" ({self.detail})" if self.detail else ""
        return f"{self.fault.value}{seen}: {row.seen}; {row.advice}"
