"""The lifecycle node, in process, over real topics and in real time."""

import time

import numpy as np
import pytest
from robot import FAILURE, SUCCESS

from liquid_control.nodes.conversions import to_ns


def test_each_frame_is_answered_by_a_finite_command_with_the_frames_stamp(robot):
    r = robot()
    r.start()
    stamps = []
    for step in range(5):
        stamps.append(r.send())
        r.until(lambda n=step: len(r.commands) > n)
    assert [to_ns(c.header.stamp) for c in r.commands] == stamps
    assert all(np.isfinite([c.twist.linear.x, c.twist.angular.z]).all() for c in r.commands)
    assert {c.header.frame_id for c in r.commands} == {"base_link"}


def test_thirty_frames_a_second_with_the_imu_45_ms_late_are_answered(robot):
    """Late by more than a frame's period: every frame waits, none is replaced by the next."""
    r = robot()
    r.start()
    r.fly(2)
    first = len(r.commands)
    start, waiting, sent = time.monotonic(), [], 0
    while sent < 60 or waiting:
        elapsed = time.monotonic() - start
        if sent < 60 and elapsed >= sent / 30:
            waiting.append((elapsed + 0.045, r.send_image()))
            sent += 1
        if waiting and elapsed >= waiting[0][0]:
            r.send_imu(waiting.pop(0)[1])
        r.executor.spin_once(timeout_sec=0.001)
    r.spin(0.3)
    answered = {to_ns(c.header.stamp) for c in r.commands[first:]}
    assert len(answered) >= 50  # a machine that is busy loses some to its own camera here
    assert not {f for f in r.faults() if f.startswith("camera")}


def test_the_status_beside_a_command_tells_what_ran_and_how_long(robot):
    r = robot()
    r.start()
    r.fly(1)
    r.until(lambda: any(v["mode"] == "active" for v in r.values()))
    values = next(v for v in r.values() if v["mode"] == "active")
    assert float(values["policy_ms"]) > 0
    assert values["provider"] == "cpu"
    assert len(values["model_sha256"]) == 64
    assert values["stamp_ns"] == str(to_ns(r.commands[0].header.stamp))
    assert values["published"] == "true"
    assert values["image_geometry"] == "assumed"


def test_a_cameras_calibration_is_found_beside_its_remapped_topic(robot):
    from sensor_msgs.msg import CameraInfo, Image

    r = robot(cli_args=["--ros-args", "-r", "image:=/front/image_raw"])
    r.image = r.node.create_publisher(Image, "/front/image_raw", 10)
    info = r.node.create_publisher(CameraInfo, "/front/camera_info", 10)
    r.start()
    r.until(info.get_subscription_count)
    k = [57.2, 0.0, 48.0, 0.0, 57.2, 32.0, 0.0, 0.0, 1.0]
    info.publish(CameraInfo(height=64, width=96, k=k))
    r.spin(0.05)
    r.fly(2)
    r.until(lambda: r.values() and r.values()[-1]["image_geometry"] == "known")


def test_the_field_of_view_of_a_camera_without_calibration_is_a_parameter(robot):
    r = robot(overrides={"image.horizontal_fov_deg": 90})
    r.start()
    r.fly(2)
    r.until(lambda: r.values() and r.values()[-1]["image_geometry"] == "known")


def test_a_frame_waits_for_the_inertial_samples_up_to_its_stamp(robot):
    r = robot(wait_s=0.4)
    r.start()
    r.fly(2)
    stamp_ns = r.send_image()
    r.spin(0.05)
    assert len(r.commands) == 2
    r.send_imu(stamp_ns)
    r.until(lambda: len(r.commands) == 3)


def test_an_inactive_node_publishes_nothing(robot):
    r = robot()
    assert r.policy.trigger_configure() == SUCCESS
    r.until(r.image.get_subscription_count)
    for _ in range(3):
        r.send()
        r.spin(0.05)
    assert r.commands == []


def test_deactivation_says_rest_and_then_nothing_and_activation_begins_a_new_flight(robot):
    r = robot()
    r.start()
    r.fly(2)
    assert r.policy.trigger_deactivate() == SUCCESS
    r.send()
    r.spin(0.2)
    assert len(r.commands) == 3
    last = r.commands[-1].twist
    assert (last.linear.x, last.linear.y, last.linear.z, last.angular.z) == (0.0,) * 4
    assert r.policy.trigger_activate() == SUCCESS
    assert not r.policy._pilot.policy.hidden.any()
    r.fly(1)


def test_cleanup_undoes_configure_so_that_it_can_be_configured_again(robot):
    r = robot()
    r.start()
    assert r.policy.trigger_deactivate() == SUCCESS
    assert r.policy.trigger_cleanup() == SUCCESS
    r.until(lambda: r.node.count_publishers("command_velocity") == 0)
    assert not r.policy.has_parameter("limits.forward_m_s")
    r.start()
    r.fly(1)


@pytest.mark.parametrize("content", [b"", b"this is no policy", None])
def test_a_file_that_is_no_policy_refuses_to_configure_and_opens_no_topic(
    robot, tmp_path, content, tiny_policy_path
):
    path = tmp_path / "bad.onnx"
    path.write_bytes(tiny_policy_path.read_bytes()[:5000] if content is None else content)
    r = robot(path)
    assert r.policy.trigger_configure() == FAILURE
    r.spin(0.1)
    assert r.node.count_publishers("command_velocity") == 0


def test_a_camera_that_stops_is_braked_to_zero_and_then_left_to_the_autopilot(robot):
    r = robot(camera_timeout_s=0.2, failsafe_after_s=0.6)
    r.start()
    r.fly(2)
    r.until(lambda: r.values() and r.values()[-1]["mode"] == "failsafe")
    last = r.commands[-1].twist
    assert (last.linear.x, last.linear.y, last.linear.z, last.angular.z) == (0.0,) * 4
    r.spin(0.05)
    count = len(r.commands)
    r.send()
    r.spin(0.2)
    assert len(r.commands) == count


def test_the_operators_limit_holds_below_the_cards(robot):
    free = robot()
    free.start()
    free.fly(12)
    free.close()
    top = max(abs(c.twist.linear.x) for c in free.commands)
    held = robot()
    assert held.policy.trigger_configure() == SUCCESS
    assert held.set(limits__forward_m_s=top / 4)[0].successful
    assert held.policy.trigger_activate() == SUCCESS
    held.until(held.is_connected)
    held.fly(12)
    assert max(abs(c.twist.linear.x) for c in held.commands) <= top / 4 + 1e-12


def test_a_goal_given_before_the_flight_counts_in_it(ros, goal_policy_path, robot):
    from rclpy.qos import DurabilityPolicy, QoSProfile
    from std_msgs.msg import String

    r = robot(goal_policy_path)
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    goal = r.node.create_publisher(String, "goal", latched)
    goal.publish(String(data="approach blue barrel"))
    assert r.policy.trigger_configure() == SUCCESS
    goals = next(s for s in r.policy.subscriptions if s.topic_name == "/goal")
    arrived = []
    take, goals.callback = goals.callback, lambda message: (arrived.append(1), take(message))
    r.until(lambda: arrived)
    assert r.policy.trigger_activate() == SUCCESS
    r.until(r.is_connected)
    r.fly(2)
    goal.publish(String(data="approach green barrel"))
    r.spin(0.1)
    r.send()
    r.until(lambda: "goal_unknown" in r.faults())
    goal.publish(String(data="nonsense"))
    r.spin(0.1)
    r.send()
    r.until(lambda: any("expected 'colour kind'" in v["detail"] for v in r.values()))


@pytest.fixture(scope="session")
def goal_policy_path(tmp_path_factory):
    torch = pytest.importorskip("torch")
    from liquid_control.contract import VELOCITY, PolicyCard, goal_input, image_input, imu_input
    from liquid_control.networks.export import export
    from liquid_control.networks.policy import NetworkConfig, PolicyNetwork

    torch.manual_seed(0)
    goal = goal_input(("barrel", "chair"), ("blue", "red"))
    inputs = {"image": image_input(), "imu": imu_input(), "goal": goal}
    card = PolicyCard("goal", inputs, VELOCITY, hidden_size=16)
    settings = {"units": 16, "backbone_units": 24}
    network = PolicyNetwork(NetworkConfig(cell_settings=settings), card)
    path = tmp_path_factory.mktemp("goal") / "goal.onnx"
    export(network, card, path)
    return path


PLATFORM = """
from liquid_control.platforms import Platform

class Own(Platform):
    accepts = frozenset({"velocity"})
    sent = []
    def open(self, node, frame_id):
        pass
    def silent_because(self):
        return "" if len(self.sent) < 2 else "not in offboard mode"
    def publish(self, command, stamp_ns):
        self.sent.append((stamp_ns, command))
    def close(self):
        pass

class Boat(Own):
    accepts = frozenset({"rudder"})
"""


def test_a_platform_of_ones_own_gets_the_commands_while_its_autopilot_listens(robot, tmp_path):
    file = tmp_path / "own.py"
    file.write_text(PLATFORM)
    r = robot(platform=f"{file}:Own")
    assert r.policy.trigger_configure() == SUCCESS
    assert r.policy.trigger_activate() == SUCCESS
    r.until(lambda: r.image.get_subscription_count() and r.imu.get_subscription_count())
    r.until(lambda: r.node.count_publishers("policy_node/status"))
    stamps = []
    for _ in range(4):
        stamps.append(r.send())
        r.spin(0.1)
    sent = r.policy._platform.sent
    assert [stamp for stamp, _ in sent] == stamps[:2]
    assert r.values()[-1]["platform"] == "not in offboard mode"


def test_a_platform_that_cannot_fly_the_policys_commands_is_refused(robot, tmp_path):
    file = tmp_path / "own.py"
    file.write_text(PLATFORM)
    r = robot(platform=f"{file}:Boat")
    assert r.policy.trigger_configure() == FAILURE
    r.until(lambda: r.lines("rudder"))
    assert len(r.lines()) == 1


def test_a_twist_without_a_stamp_is_published_where_it_is_asked_for(robot):
    from geometry_msgs.msg import Twist

    r = robot(overrides={"stamped": False})
    twists = [s for s in r.node.subscriptions if s.msg_type.__name__ == "TwistStamped"]
    r.node.destroy_subscription(twists[0])
    plain = []
    r.node.create_subscription(Twist, "command_velocity", plain.append, 10)
    r.start()
    for _ in range(3):
        r.send()
        r.spin(0.05)
    r.until(lambda: plain)
    assert np.isfinite(plain[0].linear.x)
