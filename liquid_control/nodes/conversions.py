"""ROS messages to the contract's values and back; no decisions."""

from __future__ import annotations

import numpy as np
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from sensor_msgs.msg import Image as ImageMessage
from sensor_msgs.msg import Imu as ImuMessage

from ..camera import decode
from ..contract import NANOSECONDS, ImuSample
from ..observation import Frame
from ..pipeline import PilotStep
from ..safety import Mode

LEVELS = {
    Mode.STANDBY: DiagnosticStatus.OK,
    Mode.ACTIVE: DiagnosticStatus.OK,
    Mode.DEGRADED: DiagnosticStatus.WARN,
    Mode.FAILSAFE: DiagnosticStatus.ERROR,
}


def to_ns(stamp: Time) -> int:
    """Return a stamp in integer nanoseconds."""
    return stamp.sec * NANOSECONDS + stamp.nanosec


def to_stamp(ns: int) -> Time:
    """Return integer nanoseconds as a stamp."""
    sec, nanosec = divmod(ns, NANOSECONDS)
    return Time(sec=sec, nanosec=nanosec)


def to_frame(message: ImageMessage) -> Frame:
    """Return the frame of an image message; packed RGB is not copied.

    Raises:
        ImageError: the encoding or the sizes are not usable.
    """
    data = np.frombuffer(message.data, np.uint8)
    image = decode(data, message.height, message.width, message.step, message.encoding)
    return Frame(to_ns(message.header.stamp), image)


def to_imu_sample(message: ImuMessage) -> ImuSample:
    """Return the sample of an IMU message that is already in the body frame, FLU."""
    w, a = message.angular_velocity, message.linear_acceleration
    return ImuSample(to_ns(message.header.stamp), (w.x, w.y, w.z), (a.x, a.y, a.z))


def to_status(
    step: PilotStep, now_ns: int, name: str, provider: str, sha256: str
) -> DiagnosticArray:
    """Return what stands beside every command: what ran, how long, on what, and why not."""
    values = {
        "mode": step.mode.value,
        "fault": step.fault.value if step.fault else "",
        "stamp_ns": "" if step.stamp_ns is None else str(step.stamp_ns),
        "published": str(step.command is not None).lower(),
        "policy_ms": f"{step.policy_ms:.4f}",
        "dt_s": f"{step.dt_s:.6f}",
        "image_age_s": f"{step.image_age_s:.4f}",
        "frames_dropped": str(step.frames_dropped),
        "provider": provider,
        "model_sha256": sha256,
    }
    status = DiagnosticStatus(
        level=LEVELS[step.mode],
        name=name,
        message=step.fault.value if step.fault else step.mode.value,
        hardware_id=provider,
        values=[KeyValue(key=key, value=value) for key, value in values.items()],
    )
    array = DiagnosticArray(status=[status])
    array.header.stamp = to_stamp(now_ns)
    return array


def status_values(message: DiagnosticArray) -> dict[str, str]:
    """Return the fields that ``to_status`` wrote."""
    return {v.key: v.value for v in message.status[0].values}
