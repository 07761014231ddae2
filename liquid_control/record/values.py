"""Events and decisions as standard ROS 2 messages in CDR, and back; needs no ROS.

Topics: ``/<input>`` holds what arrived for an input (an image is preceded by its
``/<input>/camera_info``), ``/pilot/...`` what the pilot was told and decided besides.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from rosbags.typesys import Stores, get_typestore

from ..contract import (
    NANOSECONDS,
    TICK,
    Command,
    CommandCard,
    Event,
    Frame,
    Goal,
    ImuSample,
    InputCard,
    Intrinsics,
    PolicyCard,
    Reading,
)
from ..contract.goals import from_words, to_words
from ..errors import RecordingError
from ..pipeline import PilotStep
from ..safety.faults import Fault, Problem
from . import status

STORE = get_typestore(Stores.ROS2_JAZZY)
ROS = {name.replace("/msg/", "/"): message for name, message in STORE.types.items()}
FLIGHT_TOPIC = "/pilot/flight"
TICK_TOPIC = "/pilot/tick"
PROBLEM_TOPIC = "/pilot/problem"
COMMAND_TOPIC = "/pilot/command"
STATUS_TOPIC = "/pilot/status"
INFO = "/camera_info"
VELOCITY_FIELDS = ("forward_m_s", "left_m_s", "up_m_s", "yaw_rate_rad_s")

Message = Any
"""A message of rosbags' type store; its ``__msgtype__`` is its ROS name."""


def encode_event(event: Event, card: PolicyCard) -> list[tuple[str, Message]]:
    """Return the topics and messages of an event, in the order in which they are written.

    Raises:
        RecordingError: nothing is known of how to write its value.
    """
    if event.source == TICK:
        return [(TICK_TOPIC, _stamp(event.now_ns))]
    if isinstance(event.value, Problem):
        return [(PROBLEM_TOPIC, _problem(event.source, event.value))]
    topic = f"/{event.source}"
    if isinstance(event.value, Frame):
        info = [] if event.value.intrinsics is None else [(topic + INFO, _info(event.value))]
        return [*info, (topic, _image(event.value))]
    write = WRITERS.get(type(event.value))
    if write is None:
        raise RecordingError(
            f"input '{event.source}': expected a frame, an IMU sample, a goal or a reading, "
            f"found {type(event.value).__name__}, which a recording cannot hold"
        )
    return [(topic, write(event.value, card.inputs.get(event.source)))]


def decode_event(now_ns: int, topic: str, message: Message, info: Message | None) -> Event:
    """Return the event of a message that ``encode_event`` wrote, bit by bit.

    Args:
        now_ns: when the pilot took it.
        topic: where it was written.
        message: what was written.
        info: the camera_info that was written just before an image.
    """
    if topic == TICK_TOPIC:
        return Event(now_ns, TICK)
    if topic == PROBLEM_TOPIC:
        detail = {v.key: v.value for v in message.values}["detail"]
        return Event(now_ns, message.name, Problem(Fault(message.message), detail))
    value = READERS[message.__msgtype__](message)
    if info is not None:
        fx, _, cx, _, fy, cy = (float(v) for v in info.k[:6])
        value = Frame(value.stamp_ns, value.image, Intrinsics(fx, fy, cx, cy), value.frame_id)
    return Event(now_ns, topic[1:], value)


def encode_step(step: PilotStep, now_ns: int, card: PolicyCard) -> list[tuple[str, Message]]:
    """Return the messages of a decision: its command, if there is one, and its status."""
    values = [ROS["diagnostic_msgs/KeyValue"](k, v) for k, v in status.to_text(step).items()]
    word = step.fault.value if step.fault else step.mode.value
    said = ROS["diagnostic_msgs/DiagnosticStatus"](
        level=status.level(step), name="pilot", message=word, hardware_id="", values=values
    )
    stamp_ns = now_ns if step.stamp_ns is None else step.stamp_ns
    array = ROS["diagnostic_msgs/DiagnosticArray"](_header(stamp_ns), [said])
    if step.command is None:
        return [(STATUS_TOPIC, array)]
    return [(COMMAND_TOPIC, _command(step.command, stamp_ns, card.command)), (STATUS_TOPIC, array)]


def decode_step(message: Message, command: Message | None, kind: str) -> status.RecordedStep:
    """Return the decision of a status and of the command that was written just before it."""
    text = {v.key: v.value for v in message.status[0].values}
    said = None if command is None else Command(_command_values(command), kind)
    return status.from_text(text, said)


def flight(number: int) -> Message:
    """Return the mark of where a flight begins; the first is 1."""
    return ROS["std_msgs/UInt32"](number)


def _image(frame: Frame) -> Message:
    height, width = frame.image.shape[:2]
    return ROS["sensor_msgs/Image"](
        header=_header(frame.stamp_ns, frame.frame_id),
        height=height,
        width=width,
        encoding="rgb8",
        is_bigendian=0,
        step=3 * width,
        data=np.ascontiguousarray(frame.image).reshape(-1),
    )


def _read_image(message: Message) -> Frame:
    image = message.data.reshape(message.height, message.width, 3)
    return Frame(_ns(message.header.stamp), image, None, message.header.frame_id)


def _info(frame: Frame) -> Message:
    """Return a frame's camera_info: a pinhole without distortion."""
    camera = frame.intrinsics
    assert camera is not None
    fx, fy, cx, cy = camera.fx, camera.fy, camera.cx, camera.cy
    height, width = frame.image.shape[:2]
    return ROS["sensor_msgs/CameraInfo"](
        header=_header(frame.stamp_ns, frame.frame_id),
        height=height,
        width=width,
        distortion_model="plumb_bob",
        d=np.zeros(5),
        k=np.array([fx, 0.0, cx, 0.0, fy, cy, 0.0, 0.0, 1.0]),
        r=np.eye(3).reshape(-1),
        p=np.array([fx, 0.0, cx, 0.0, 0.0, fy, cy, 0.0, 0.0, 0.0, 1.0, 0.0]),
        binning_x=0,
        binning_y=0,
        roi=ROS["sensor_msgs/RegionOfInterest"](0, 0, 0, 0, False),
    )


def _imu(sample: ImuSample, card: InputCard | None) -> Message:
    unknown = np.array([-1.0, *[0.0] * 8])
    return ROS["sensor_msgs/Imu"](
        header=_header(sample.stamp_ns, card.frame if card else ""),
        orientation=ROS["geometry_msgs/Quaternion"](0.0, 0.0, 0.0, 1.0),
        orientation_covariance=unknown,
        angular_velocity=ROS["geometry_msgs/Vector3"](*sample.gyro_rad_s),
        angular_velocity_covariance=np.zeros(9),
        linear_acceleration=ROS["geometry_msgs/Vector3"](*sample.accelerometer_m_s2),
        linear_acceleration_covariance=np.zeros(9),
    )


def _read_imu(message: Message) -> ImuSample:
    w, a = message.angular_velocity, message.linear_acceleration
    return ImuSample(_ns(message.header.stamp), (w.x, w.y, w.z), (a.x, a.y, a.z))


def _reading(reading: Reading, card: InputCard | None) -> Message:
    names = card.settings.get("fields", []) if card else []
    return _numbers(reading.values, reading.stamp_ns, names)


def _read_reading(message: Message) -> Reading:
    return Reading(_ns(message.header.stamp), tuple(message.position.tolist()))


def _goal(goal: Goal, card: InputCard | None) -> Message:
    return ROS["std_msgs/String"](to_words(goal))


WRITERS: dict[type, Callable[[Any, InputCard | None], Message]] = {
    ImuSample: _imu,
    Reading: _reading,
    Goal: _goal,
}
READERS: dict[str, Callable[[Message], Any]] = {
    "sensor_msgs/msg/Image": _read_image,
    "sensor_msgs/msg/Imu": _read_imu,
    "sensor_msgs/msg/JointState": _read_reading,
    "std_msgs/msg/String": lambda message: from_words(message.data),
}


def _problem(source: str, problem: Problem) -> Message:
    values = [ROS["diagnostic_msgs/KeyValue"]("detail", problem.detail)]
    return ROS["diagnostic_msgs/DiagnosticStatus"](
        status.WARN, source, problem.fault.value, "", values
    )


def _command(command: Command, stamp_ns: int, card: CommandCard) -> Message:
    """Return a velocity as a TwistStamped, any other command as named numbers."""
    names = tuple(field.name for field in card.fields)
    if names != VELOCITY_FIELDS:
        return _numbers(command.values, stamp_ns, names)
    vector = ROS["geometry_msgs/Vector3"]
    *linear, yaw_rate = command.values
    twist = ROS["geometry_msgs/Twist"](vector(*linear), vector(0.0, 0.0, yaw_rate))
    return ROS["geometry_msgs/TwistStamped"](_header(stamp_ns, "base_link"), twist)


def _command_values(message: Message) -> tuple[float, ...]:
    if message.__msgtype__ == "sensor_msgs/msg/JointState":
        return tuple(message.position.tolist())
    linear = message.twist.linear
    return (linear.x, linear.y, linear.z, message.twist.angular.z)


def _numbers(values: tuple[float, ...], stamp_ns: int, names: Any) -> Message:
    """Return named numbers as a JointState, the one standard message that has both and a stamp."""
    none = np.zeros(0)
    return ROS["sensor_msgs/JointState"](
        _header(stamp_ns), list(names), np.array(values, np.float64), none, none
    )


def _header(stamp_ns: int, frame_id: str = "") -> Message:
    return ROS["std_msgs/Header"](_stamp(stamp_ns), frame_id)


def _stamp(ns: int) -> Message:
    return ROS["builtin_interfaces/Time"](*divmod(ns, NANOSECONDS))


def _ns(stamp: Message) -> int:
    return stamp.sec * NANOSECONDS + stamp.nanosec
