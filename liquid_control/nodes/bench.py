"""How long a policy node takes from a camera's message to its command, over real topics."""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import TwistStamped
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import Image, Imu

from ..contract import NANOSECONDS, PolicyCard
from ..errors import ConfigError
from ..policy import load_policy
from ..ros_processes import RosProcesses, ros_environment
from .conversions import status_values, to_ns, to_stamp
from .encodings import ENCODINGS

START_S = 30.0
LAST_S = 0.5
"""For how long an answer to the last frame is waited for."""
PICTURES = 8


@dataclass(frozen=True)
class Feed:
    """What drivers send.

    Attributes:
        size: width and height of the images.
        encoding: of the images.
        rate_hz: of the images.
        imu_hz: of the IMU.
    """

    size: tuple[int, int] = (96, 64)
    encoding: str = "rgb8"
    rate_hz: float = 30.0
    imu_hz: float = 200.0


@dataclass(frozen=True)
class NodeTiming:
    """What was measured with one camera.

    Attributes:
        width: of the camera's images.
        height: likewise.
        encoding: likewise.
        sent: frames.
        answered: frames that a command answered.
        p50_ms: from before the image was published to the arrival of its command.
        p99_ms: likewise.
        p999_ms: likewise.
        inference_ms: median time in the network.
    """

    width: int
    height: int
    encoding: str
    sent: int
    answered: int
    p50_ms: float
    p99_ms: float
    p999_ms: float
    inference_ms: float

    @classmethod
    def of(
        cls,
        feed: Feed,
        sent_s: Mapping[int, float],
        answers_s: Mapping[int, float],
        inference_ms: Sequence[float],
    ) -> NodeTiming:
        """Return what times by stamp, on one clock, come to; NaN where nothing came.

        Args:
            feed: what was sent.
            sent_s: when each was sent.
            answers_s: when the command that answers it came.
            inference_ms: times in the network.
        """
        ms = [1e3 * (answered - sent_s[stamp]) for stamp, answered in answers_s.items()]
        p50, p99, p999 = np.percentile(ms, (50, 99, 99.9)).tolist() if ms else [math.nan] * 3
        inference = float(np.median(inference_ms)) if inference_ms else math.nan
        counts = len(sent_s), len(answers_s)
        return cls(*feed.size, feed.encoding, *counts, p50, p99, p999, inference)


def time_node(
    model: Path, feed: Feed, seconds: float, log_dir: Path, show: str = ""
) -> NodeTiming:
    """Start a policy node in a process of its own, be its camera and IMU, and time its answers.

    Args:
        model: policy file with an image and an IMU.
        feed: what they send.
        seconds: for how long.
        log_dir: where the node's words go.
        show: the node's parameter: which of its thoughts it publishes as well.

    Raises:
        ConfigError: the policy takes no camera, the encoding is unknown, or no command came.
        FlightError: the node ended.
    """
    with flying_node(model, feed, log_dir, show) as (drivers, _):
        drivers.fly(seconds)
        drivers.spin_until(time.perf_counter() + LAST_S)
    return drivers.timing()


@contextmanager
def flying_node(
    model: Path, feed: Feed, log_dir: Path, show: str = ""
) -> Iterator[tuple[Drivers, int]]:
    """Start a policy node, and fly until it answers; give its drivers and its process's number.

    Raises:
        ConfigError: as ``time_node``.
        FlightError: likewise.
    """
    card = load_policy(model).card
    if "image" not in card.inputs or feed.encoding not in ENCODINGS:
        raise ConfigError(
            f"expected a policy with an input 'image' and an encoding of {', '.join(ENCODINGS)}, "
            f"found {', '.join(card.inputs)} and '{feed.encoding}'"
        )
    parameters = {"model": str(model.resolve()), "autostart": True, "show": show}
    parameters["goal"] = _order(card)
    os.environ.update(ros_environment())
    with RosProcesses(log_dir) as processes, _drivers(feed) as drivers:
        process = processes.start("policy_node", "liquid_control.nodes.policy_node", parameters)
        began = time.monotonic()
        while not drivers.answers:
            processes.ended_well("policy_node", "before its first command")
            if time.monotonic() - began > START_S:
                raise ConfigError(
                    f"expected a command within {START_S:g} s, found none; give a policy whose "
                    "inputs are image, imu and goal"
                )
            drivers.fly(1.0)
        drivers.forget()
        yield drivers, process


def _order(card: PolicyCard) -> str:
    """Return an order of the policy's words, nothing where it takes none."""
    for given in card.inputs.values():
        if given.kind == "goal":
            words = given.settings
            return f"{words['manners'][0]} {words['colours'][0]} {words['kinds'][0]}"
    return ""


@contextmanager
def _drivers(feed: Feed) -> Iterator[Drivers]:
    rclpy.init()
    try:
        drivers = Drivers(feed)
        yield drivers
        drivers.node.destroy_node()
    finally:
        rclpy.try_shutdown()


class Drivers:
    """A camera, an IMU, and who hears the commands."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self.node = Node("bench_drivers")
        self._image = self.node.create_publisher(Image, "image", 1)
        self._imu = self.node.create_publisher(Imu, "imu", 100)
        self.node.create_subscription(TwistStamped, "command_velocity", self._hear, 100)
        self.node.create_subscription(DiagnosticArray, "policy_node/status", self._read, 100)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        self._rng = np.random.default_rng(0)
        self._pictures = [self._picture() for _ in range(PICTURES)]
        self.forget()

    def forget(self) -> None:
        """Begin to measure."""
        self._sent: dict[int, float] = {}
        self.answers: dict[int, float] = {}
        self._inference_ms: list[float] = []

    def fly(self, seconds: float) -> None:
        """Send frames and samples at their times, and hear what comes."""
        rate_hz, imu_hz = self._feed.rate_hz, self._feed.imu_hz
        began, frames, samples = time.perf_counter(), 0, 0
        while (now := time.perf_counter() - began) < seconds:
            if now >= samples / imu_hz:
                self._send_imu()
                samples += 1
            if now >= frames / rate_hz:
                self._send_image(frames)
                frames += 1
            self.spin_until(began + min(samples / imu_hz, frames / rate_hz))

    def spin_until(self, when: float) -> None:
        """Take what arrives until a time of the performance counter."""
        while (left := when - time.perf_counter()) > 0:
            self._executor.spin_once(timeout_sec=left)

    def timing(self) -> NodeTiming:
        """Return what was measured."""
        return NodeTiming.of(self._feed, self._sent, self.answers, self._inference_ms)

    def within(self, seconds: float) -> int:
        """Return how many frames were answered within a time."""
        return sum(at - self._sent[stamp] <= seconds for stamp, at in self.answers.items())

    def _picture(self) -> Any:
        (width, height), encoding = self._feed.size, self._feed.encoding
        known = ENCODINGS[encoding]
        step = width * known.bytes_a_pixel * known.wide
        message = Image(width=width, height=height, encoding=encoding, step=step)
        message.header.frame_id = "camera"
        data = self._rng.integers(0, 256, int(step * height * known.rows), np.uint8)
        message.data.frombytes(data.tobytes())
        return message

    def _send_image(self, number: int) -> None:
        message = self._pictures[number % PICTURES]
        stamp_ns = self._now_ns()
        message.header.stamp = to_stamp(stamp_ns)
        self._sent[stamp_ns] = time.perf_counter()
        self._image.publish(message)

    def _send_imu(self) -> None:
        message = Imu()
        message.header.stamp = to_stamp(self._now_ns())
        w, a = message.angular_velocity, message.linear_acceleration
        w.x, w.y, w.z = self._rng.normal(0.0, 0.01, 3).tolist()
        a.z = 9.81
        self._imu.publish(message)

    def _hear(self, message: TwistStamped) -> None:
        stamp_ns = to_ns(message.header.stamp)
        if stamp_ns in self._sent:
            self.answers.setdefault(stamp_ns, time.perf_counter())

    def _read(self, message: DiagnosticArray) -> None:
        ms = float(status_values(message)["policy_ms"])
        if ms:
            self._inference_ms.append(ms)

    def _now_ns(self) -> int:
        seconds, nanoseconds = self.node.get_clock().now().seconds_nanoseconds()
        return int(seconds) * NANOSECONDS + int(nanoseconds)
