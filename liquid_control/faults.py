"""What can be wrong in flight, and the one reaction to each."""

from __future__ import annotations

from enum import Enum


class Fault(str, Enum):
    """Something that keeps a policy's command from being flown."""

    CAMERA_STALE = "camera_stale"
    CAMERA_FROZEN = "camera_frozen"
    CAMERA_INVALID = "camera_invalid"
    IMU_STALE = "imu_stale"
    COMMAND_NOT_FINITE = "command_not_finite"
    COMMAND_OUT_OF_LIMITS = "command_out_of_limits"
    POLICY_FAILED = "policy_failed"


class Reaction(str, Enum):
    """What the gate does about a fault."""

    BRAKE = "brake"
    FAILSAFE = "failsafe"


REACTIONS: dict[Fault, Reaction] = {
    Fault.CAMERA_STALE: Reaction.BRAKE,
    Fault.CAMERA_FROZEN: Reaction.BRAKE,
    Fault.CAMERA_INVALID: Reaction.BRAKE,
    Fault.IMU_STALE: Reaction.BRAKE,
    Fault.COMMAND_NOT_FINITE: Reaction.BRAKE,
    Fault.COMMAND_OUT_OF_LIMITS: Reaction.BRAKE,
    Fault.POLICY_FAILED: Reaction.FAILSAFE,
}
