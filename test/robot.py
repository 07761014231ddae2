"""A robot's side of the topics of a policy node, for the tests over ROS."""

from __future__ import annotations

import time

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import TwistStamped
from liquid_control_sim.messages import to_image, to_imu
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image, Imu

from liquid_control.contract import Frame, ImuSample
from liquid_control.nodes.conversions import status_values
from liquid_control.nodes.policy_node import PolicyNode

SUCCESS = TransitionCallbackReturn.SUCCESS
FAILURE = TransitionCallbackReturn.FAILURE
REST = (0.0, 0.0, 9.81)


class Robot:
    """A policy node, and a node that plays the robot, in one executor and in real time."""

    def __init__(self, model, capfd, overrides=None, cli_args=None, **parameters):
        given = [Parameter(k, value=v) for k, v in (overrides or {}).items()]
        self.policy = PolicyNode(parameter_overrides=given, cli_args=cli_args)
        self.results = self.set(model=str(model), **parameters)
        self.node = Node("robot")
        self.commands, self.statuses = [], []
        self._capture, self._log = capfd, ""
        self.image = self.node.create_publisher(Image, "image", 10)
        self.imu = self.node.create_publisher(Imu, "imu", 1000)
        self.node.create_subscription(TwistStamped, "command_velocity", self.commands.append, 100)
        self.node.create_subscription(
            DiagnosticArray, "policy_node/status", self.statuses.append, 1000
        )
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(self.policy)
        self.executor.add_node(self.node)
        self.rng = np.random.default_rng(0)

    def set(self, **parameters):
        """Set parameters by keyword, a double underscore for a dot; return the results."""
        values = [Parameter(k.replace("__", "."), value=v) for k, v in parameters.items()]
        return self.policy.set_parameters(values)

    def start(self):
        assert self.policy.trigger_configure() == SUCCESS
        assert self.policy.trigger_activate() == SUCCESS
        self.until(self.is_connected)

    def is_connected(self):
        subscribed = self.image.get_subscription_count() and self.imu.get_subscription_count()
        return (
            subscribed
            and self.node.count_publishers("command_velocity")
            and self.node.count_publishers("policy_node/status")
        )

    def until(self, condition, timeout_s=10.0):
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, f"it did not happen in time; {self.faults()}"
            self.executor.spin_once(timeout_sec=0.02)

    def spin(self, seconds):
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.executor.spin_once(timeout_sec=min(left, 0.02))

    def now_ns(self):
        return self.policy.get_clock().now().nanoseconds

    def send_image(self, stamp_ns=None, size=(64, 96), encoding="rgb8", frame_id="camera"):
        stamp_ns = self.now_ns() if stamp_ns is None else stamp_ns
        pixels = self.rng.integers(0, 256, (*size, 3), np.uint8)
        message = to_image(Frame(stamp_ns, pixels, None, frame_id), stamp_ns)
        message.encoding = encoding
        self.image.publish(message)
        return stamp_ns

    def send_imu(self, stamp_ns=None, acceleration=REST, gyro=None):
        stamp_ns = self.now_ns() if stamp_ns is None else stamp_ns
        gyro = tuple(self.rng.normal(0, 0.01, 3).tolist()) if gyro is None else gyro
        self.imu.publish(to_imu(ImuSample(stamp_ns, gyro, acceleration), stamp_ns))
        return stamp_ns

    def send(self, **image):
        """Send what a sound robot sends: an image, and an IMU sample just after it."""
        stamp_ns = self.send_image(**image)
        self.send_imu(stamp_ns)
        return stamp_ns

    def fly(self, frames=5):
        """Fly until so many frames have been answered."""
        for _ in range(frames):
            count = len(self.commands)
            self.send()
            self.until(lambda n=count: len(self.commands) > n)

    def values(self):
        """Return the fields of every status so far."""
        return [status_values(status) for status in self.statuses]

    def faults(self):
        """Return the different faults of all statuses, in order of appearance."""
        return list(dict.fromkeys(v["fault"] for v in self.values() if v["fault"]))

    def lines(self, text=""):
        """Return the lines that the policy node has logged, of level warning and up."""
        self._log += self._capture.readouterr().err
        own = [line for line in self._log.splitlines() if "[policy_node]: " in line]
        return [line for line in own if line.startswith(("[WARN", "[ERROR")) and text in line]

    def close(self):
        self.executor.shutdown()
        self.policy.close_recording()
        self.policy.destroy_node()
        self.node.destroy_node()
