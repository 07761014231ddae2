"""The table of faults: every cause has its own word, one reaction and one line of advice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Reaction(str, Enum):
    """What the gate does about a fault."""

    BRAKE = "brake"
    FAILSAFE = "failsafe"


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
    CLOCK_BACK = "clock_back"
    COMMAND_NOT_FINITE = "command_not_finite"
    COMMAND_OUT_OF_LIMITS = "command_out_of_limits"
    POLICY_FAILED = "policy_failed"


@dataclass(frozen=True)
class Row:
    """What stands in the table beside a fault."""

    advice: str
    reaction: Reaction = Reaction.BRAKE


FAULTS: dict[Fault, Row] = {
    Fault.CAMERA_MISSING: Row("no frame has come since activation; check topic name and driver"),
    Fault.CAMERA_STALE: Row("frames have stopped; check the camera and its driver"),
    Fault.CAMERA_LATE: Row("frames arrive too old; lower the latency or synchronise the clocks"),
    Fault.CAMERA_FUTURE: Row("frames are stamped in the future; synchronise the camera's clock"),
    Fault.CAMERA_UNSTAMPED: Row("frames have stamp 0; let the driver stamp them when taken"),
    Fault.CAMERA_FROZEN: Row("the pixels do not change; restart the camera"),
    Fault.CAMERA_INVALID: Row("the image cannot be read; set the driver's encoding"),
    Fault.CAMERA_TINY: Row("the image is far smaller than the policy's; raise the resolution"),
    Fault.CAMERA_MIXED: Row("images of two cameras arrive on one topic; separate them"),
    Fault.CAMERA_GEOMETRY: Row("camera_info is not of this image; calibrate it or leave it out"),
    Fault.IMU_MISSING: Row("no IMU sample has come since activation; check topic and driver"),
    Fault.IMU_STALE: Row("IMU samples are too old for the frame; check rate and latency"),
    Fault.IMU_CLOCK: Row("camera and IMU run on different clocks; stamp both with one"),
    Fault.IMU_FUTURE: Row("IMU samples are stamped in the future; synchronise its clock"),
    Fault.IMU_INVALID: Row("the IMU gives values that are no numbers; check the driver"),
    Fault.IMU_AXES: Row("gravity is not along +z at rest; mount or rotate the IMU to FLU"),
    Fault.IMU_SCALE: Row("gravity is not 9.8 m/s2 at rest; give accelerations in m/s2"),
    Fault.IMU_FROZEN: Row("IMU values never change while it is flown; restart the IMU"),
    Fault.GOAL_MISSING: Row("no goal has been given; publish one"),
    Fault.GOAL_UNKNOWN: Row("the goal is outside the policy's vocabulary; give one of its words"),
    Fault.INPUT_MISSING: Row("an input has not come since activation; check topic and driver"),
    Fault.INPUT_STALE: Row("an input is too old; check its rate and latency"),
    Fault.INPUT_INVALID: Row("an input's message does not fit the card; check the driver"),
    Fault.PERSON_LOST: Row("the sticks are silent while held; check joystick and link"),
    Fault.PERSON_INVALID: Row("the sticks cannot be read; check takeover.axes and the driver"),
    Fault.CLOCK_BACK: Row("the clock went back; the flight begins anew"),
    Fault.COMMAND_NOT_FINITE: Row("the policy said a value that is no number; export it again"),
    Fault.COMMAND_OUT_OF_LIMITS: Row("the policy left the limits of its card; do not fly it"),
    Fault.POLICY_FAILED: Row("the policy could not be run; land and verify it", Reaction.FAILSAFE),
}


@dataclass(frozen=True)
class Problem:
    """A fault, and what was seen of it this time."""

    fault: Fault
    detail: str = ""

    def __str__(self) -> str:
        """Return one line: the word, what was seen, and what to do."""
        seen = f" ({self.detail})" if self.detail else ""
        return f"{self.fault.value}{seen}: {FAULTS[self.fault].advice}"
