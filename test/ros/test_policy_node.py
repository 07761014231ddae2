"""The lifecycle node, in process, over real topics."""

import time

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import TwistStamped
from liquid_control_sim.messages import to_image, to_imu
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.node import Node
from rclpy.parameter import Parameter
from sensor_msgs.msg import Image, Imu

from liquid_control.contract import ImuSample
from liquid_control.nodes.conversions import status_values, to_ns
from liquid_control.nodes.policy_node import PolicyNode

SUCCESS = TransitionCallbackReturn.SUCCESS
STEP_NS = 50_000_000


class Bench:
    """A policy node, and a node that plays the robot."""

    def __init__(self, model, **parameters):
        self.policy = PolicyNode()
        values = {"model": str(model), "lockstep": True, **parameters}
        self.policy.set_parameters([Parameter(k, value=v) for k, v in values.items()])
        self.robot = Node("robot")
        self.commands, self.statuses = [], []
        self.image = self.robot.create_publisher(Image, "image", 1)
        self.imu = self.robot.create_publisher(Imu, "imu", 10)
        self.robot.create_subscription(TwistStamped, "command_velocity", self.commands.append, 10)
        self.robot.create_subscription(
            DiagnosticArray, "policy_node/status", self.statuses.append, 10
        )
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(self.policy)
        self.executor.add_node(self.robot)

    def start(self):
        assert self.policy.trigger_configure() == SUCCESS
        assert self.policy.trigger_activate() == SUCCESS
        self.until(
            lambda: self.image.get_subscription_count() and self.imu.get_subscription_count()
        )
        self.until(lambda: self.robot.count_publishers("command_velocity"))

    def until(self, condition, timeout_s=5.0):
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, "it did not happen in time"
            self.executor.spin_once(timeout_sec=0.02)

    def spin(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.executor.spin_once(timeout_sec=0.02)

    def send(self, step, stamp_ns=None, encoding="rgb8"):
        stamp_ns = (step + 1) * STEP_NS if stamp_ns is None else stamp_ns
        rng = np.random.default_rng(step)
        message = to_image(rng.integers(0, 256, (64, 96, 3), np.uint8), stamp_ns)
        message.encoding = encoding
        self.imu.publish(to_imu(ImuSample(stamp_ns, (0.0, 0.0, 0.1), (0.0, 0.0, 9.81)), 0))
        self.image.publish(message)

    def close(self):
        self.executor.shutdown()
        self.policy.destroy_node()
        self.robot.destroy_node()


@pytest.fixture
def bench(ros, tiny_policy_path):
    benches = []

    def make(model=tiny_policy_path, **parameters):
        benches.append(Bench(model, **parameters))
        return benches[-1]

    yield make
    for b in benches:
        b.close()


def test_each_frame_is_answered_by_a_finite_command_with_the_frames_stamp(bench):
    b = bench()
    b.start()
    for step in range(5):
        b.send(step)
        b.until(lambda n=step: len(b.commands) > n)
    assert [to_ns(c.header.stamp) for c in b.commands] == [(i + 1) * STEP_NS for i in range(5)]
    assert all(np.isfinite([c.twist.linear.x, c.twist.angular.z]).all() for c in b.commands)
    assert {c.header.frame_id for c in b.commands} == {"base_link"}


def test_the_status_beside_a_command_tells_what_ran_and_how_long(bench):
    b = bench()
    b.start()
    b.send(0)
    b.until(lambda: b.statuses and b.commands)
    values = status_values(b.statuses[0])
    assert values["mode"] == "active"
    assert float(values["policy_ms"]) > 0
    assert values["provider"] == "cpu"
    assert len(values["model_sha256"]) == 64
    assert values["stamp_ns"] == str(STEP_NS)


def test_a_frame_waits_for_the_inertial_samples_up_to_its_stamp(bench):
    b = bench()
    b.start()
    pixels = np.zeros((64, 96, 3), np.uint8)
    b.image.publish(to_image(pixels, STEP_NS))
    b.spin(0.02)
    assert b.commands == []
    b.imu.publish(to_imu(ImuSample(STEP_NS, (0.0,) * 3, (0.0, 0.0, 9.81)), 0))
    b.until(lambda: b.commands)


def test_an_inactive_node_publishes_nothing(bench):
    b = bench()
    assert b.policy.trigger_configure() == SUCCESS
    b.until(b.image.get_subscription_count)
    for step in range(3):
        b.send(step)
        b.spin(0.05)
    assert b.commands == []


def test_deactivation_silences_the_node_and_activation_begins_a_new_flight(bench):
    b = bench()
    b.start()
    b.send(0)
    b.until(lambda: len(b.commands) == 1)
    assert b.policy.trigger_deactivate() == SUCCESS
    b.send(1)
    b.spin(0.2)
    assert len(b.commands) == 1
    assert b.policy.trigger_activate() == SUCCESS
    b.send(0)
    b.until(lambda: len(b.commands) == 2)
    first, again = b.commands[0].twist, b.commands[1].twist
    assert first == again


def test_cleanup_undoes_configure_so_that_it_can_be_configured_again(bench):
    b = bench()
    b.start()
    assert b.policy.trigger_deactivate() == SUCCESS
    assert b.policy.trigger_cleanup() == SUCCESS
    b.until(lambda: b.robot.count_publishers("command_velocity") == 0)
    b.start()
    b.send(0)
    b.until(lambda: b.commands)


@pytest.mark.parametrize("content", [b"", b"this is no policy", None])
def test_a_file_that_is_no_policy_refuses_to_configure_and_opens_no_topic(
    bench, tmp_path, content, tiny_policy_path
):
    path = tmp_path / "bad.onnx"
    path.write_bytes(tiny_policy_path.read_bytes()[:5000] if content is None else content)
    b = bench(path)
    assert b.policy.trigger_configure() == TransitionCallbackReturn.FAILURE
    b.spin(0.1)
    assert b.robot.count_publishers("command_velocity") == 0


def test_a_wrong_image_encoding_publishes_nothing_and_the_node_lives_on(bench):
    b = bench()
    b.start()
    for step in range(3):
        b.send(step, encoding="bayer_rggb8")
    b.until(lambda: b.statuses)
    assert status_values(b.statuses[0])["fault"] == "camera_invalid"
    assert b.commands == []
    b.send(5)
    b.until(lambda: b.commands)


def test_a_camera_that_stops_is_braked_to_zero_and_then_left_to_the_autopilot(bench):
    b = bench(lockstep=False, camera_timeout_s=0.2, failsafe_after_s=0.6)
    b.start()
    now = b.policy.get_clock().now().nanoseconds
    b.send(0, stamp_ns=now)
    b.until(lambda: b.commands)
    b.until(lambda: b.statuses and status_values(b.statuses[-1])["mode"] == "failsafe")
    last = b.commands[-1].twist
    assert (last.linear.x, last.linear.y, last.linear.z, last.angular.z) == (0.0,) * 4
    count = len(b.commands)
    b.send(1, stamp_ns=b.policy.get_clock().now().nanoseconds)
    b.spin(0.2)
    assert len(b.commands) == count
