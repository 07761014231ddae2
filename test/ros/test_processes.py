"""The nodes as processes: quiet ends, namespaces, and what they may import."""

import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from geometry_msgs.msg import TwistStamped
from liquid_control_sim.messages import to_image, to_imu
from sensor_msgs.msg import Image, Imu

from liquid_control.contract import NANOSECONDS, Frame, ImuSample
from liquid_control.nodes.conversions import to_ns
from liquid_control.ros_processes import ros_environment
from liquid_control.share import share_file
from liquid_control.transport import NEWER, OLDER, profile_variable

ON_ITS_WAY_S = 0.2
"""After so long nothing that was said before is still to arrive."""
FRESH_NS = NANOSECONDS // 2
"""A frame may be answered that was taken so long ago: camera_timeout_s."""
MODEL = share_file("models/fly_to_target_cfc.onnx")
PILOT = ["-m", "liquid_control.nodes.policy_node", "--ros-args", "-p", f"model:={MODEL}"]
WORLD = ["-m", "liquid_control_sim.node", "--ros-args", "-p", f"model:={MODEL}"]


@pytest.fixture
def start(tmp_path):
    """``start(*arguments)``: a Python process whose words go to a file, ended after the test."""
    started = []

    def begin(*arguments):
        log = tmp_path / f"{len(started)}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                stdout=file,
                stderr=subprocess.STDOUT,
                env=ros_environment(),
            )
        started.append(process)
        process.said = log.read_text
        return process

    yield begin
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


def until_said(process, text, timeout_s=60):
    deadline = time.monotonic() + timeout_s
    while text not in process.said():
        assert process.poll() is None, process.said()
        assert time.monotonic() < deadline, process.said()
        time.sleep(0.05)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_policy_node_ends_quietly_with_code_0(start, end):
    node = start(*PILOT, "-p", "autostart:=true")
    until_said(node, "inputs image, imu")
    time.sleep(0.3)
    node.send_signal(end)
    assert node.wait(timeout=10) == 0
    assert "Traceback" not in node.said()
    assert "rror" not in node.said()


class Drivers:
    """A camera and an IMU in this process, and what a node commands."""

    def __init__(self):
        from rclpy.executors import SingleThreadedExecutor
        from rclpy.node import Node

        self.node, self.commands = Node("drivers"), []
        self.image = self.node.create_publisher(Image, "image", 10)
        self.imu = self.node.create_publisher(Imu, "imu", 100)
        self.node.create_subscription(TwistStamped, "command_velocity", self.commands.append, 100)
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(self.node)
        self._rng = np.random.default_rng(0)

    def send(self):
        now_ns = self.node.get_clock().now().nanoseconds
        pixels = self._rng.integers(0, 256, (64, 96, 3), np.uint8)
        gyro = tuple(self._rng.normal(0, 0.01, 3).tolist())
        self.image.publish(to_image(Frame(now_ns, pixels), now_ns))
        self.imu.publish(to_imu(ImuSample(now_ns, gyro, (0.0, 0.0, 9.81)), now_ns))

    def until(self, holds, timeout_s=20.0):
        """Send what a sound robot sends until a command comes for which something holds."""
        deadline = time.monotonic() + timeout_s
        while not any(map(holds, self.commands)):
            assert time.monotonic() < deadline
            self.send()
            self.spin(0.05)

    def spin(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.executor.spin_once(timeout_sec=0.01)


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_a_node_that_is_ended_in_flight_says_rest_and_then_nothing(ros, start, end):
    drivers = Drivers()
    node = start(*PILOT, "-p", "autostart:=true")
    until_said(node, "inputs image, imu")
    drivers.until(lambda c: any(moving(c)))
    node.send_signal(end)
    while node.poll() is None:
        drivers.send()
        drivers.spin(0.02)
    count = len(drivers.commands)
    drivers.send()
    drivers.spin(0.3)
    assert node.returncode == 0
    assert not any(moving(drivers.commands[-1]))
    assert len(drivers.commands) - count <= 1  # nothing but what was on its way


@pytest.fixture
def flown(ros, start):
    """``flown(*parameters)``: drivers and a node, whose process flies."""

    def fly(*parameters):
        drivers, node = Drivers(), start(*PILOT, "-p", "autostart:=true", *parameters)
        until_said(node, "inputs image, imu")
        drivers.until(lambda c: any(moving(c)))
        return drivers, node

    return fly


def stop(drivers, node, seconds):
    """Stop a node's process in flight for a while; return how many commands came meanwhile."""
    node.send_signal(signal.SIGSTOP)
    drivers.spin(ON_ITS_WAY_S)
    drivers.commands.clear()
    end = time.monotonic() + seconds - ON_ITS_WAY_S
    while time.monotonic() < end:
        drivers.send()
        drivers.spin(0.05)
    count = len(drivers.commands)
    node.send_signal(signal.SIGCONT)
    return count


def test_a_stopped_process_is_silent_and_goes_on_with_rest_and_no_old_command(flown):
    drivers, node = flown()
    assert stop(drivers, node, 2.0) == 0
    continued_ns = drivers.node.get_clock().now().nanoseconds
    drivers.until(lambda c: True)
    first = drivers.commands[0]
    assert not any(moving(first)) and to_ns(first.header.stamp) >= continued_ns - FRESH_NS
    until_said(node, "pilot_hung")
    drivers.until(lambda c: any(moving(c)))


def test_a_process_that_was_stopped_for_longer_than_the_failsafe_stays_silent(flown):
    drivers, node = flown("-p", "failsafe_after_s:=1.5")
    assert stop(drivers, node, 2.5) == 0
    until_said(node, "failsafe, nothing is commanded any more: pilot_hung")
    drivers.send()
    drivers.spin(0.5)
    assert drivers.commands == []


def moving(command):
    linear = command.twist.linear
    return linear.x, linear.y, linear.z, command.twist.angular.z


def test_an_interrupted_world_ends_quietly_with_code_0(start):
    world = start(*WORLD)
    until_said(world, "waiting for an active pilot")
    world.send_signal(signal.SIGINT)
    assert world.wait(timeout=10) == 0
    assert "Traceback" not in world.said()


def test_a_recording_is_whole_after_an_interrupt_in_flight(start, tmp_path):
    from liquid_control.record.recording import open_recording
    from liquid_control.record.replay import replay

    path = tmp_path / "flight.mcap"
    pilot = start(
        *PILOT, "-p", "autostart:=true", "-p", "lockstep:=true", "-p", "use_sim_time:=true",
        "-p", f"record:={path}",
    )  # fmt: skip
    world = start(*WORLD, "-p", "lockstep:=true")
    until_said(world, "seed 900000")
    pilot.send_signal(signal.SIGINT)
    assert pilot.wait(timeout=10) == 0
    recording = open_recording(path)
    assert recording.whole
    assert recording.lockstep
    comparison = replay(recording)
    assert comparison.steps > 20
    assert comparison.different == 0


def test_a_world_in_real_time_and_in_a_namespace_flies_its_episodes_and_ends(start):
    space = ("-r", "__ns:=/robot1")
    start(*PILOT, "-p", "autostart:=true", "-p", "use_sim_time:=true", *space)
    world = start(*WORLD, "-p", "episodes:=2", *space)
    assert world.wait(timeout=120) == 0
    flown = [line for line in world.said().splitlines() if "seed 90000" in line]
    assert len(flown) == 2
    assert all("success" in line for line in flown)


def test_a_world_without_an_answer_says_what_to_do(start):
    start(*PILOT, "-p", "autostart:=true", "-p", "use_sim_time:=true")
    world = start(*WORLD, "-p", "lockstep:=true")
    assert world.wait(timeout=60) == 1
    assert "lockstep:=true" in world.said().strip().splitlines()[-1]


WITHOUT = """
import importlib, importlib.abc, importlib.util, sys

class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.partition(".")[0] in sys.argv[2:]:
            raise ModuleNotFoundError(name)

known = importlib.util.find_spec
importlib.util.find_spec = lambda name, *a: None if name in sys.argv[2:] else known(name, *a)
sys.meta_path.insert(0, Absent())
importlib.import_module(sys.argv[1])
"""


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("liquid_control_sim.node", ("gymnasium", "torch")),
        ("liquid_control.nodes.policy_node", ("torch", "mujoco", "mcap", "rosbags")),
    ],
)
def test_a_node_needs_no_package_that_its_machine_may_lack(module, forbidden):
    subprocess.run([sys.executable, "-c", WITHOUT, module, *forbidden], check=True, timeout=60)


def test_the_shared_memory_profile_is_set_unless_the_person_has_one(monkeypatch):
    for name in (OLDER, NEWER):
        monkeypatch.delenv(name, raising=False)
    environment = ros_environment()
    assert environment[profile_variable()].endswith("fastdds_shm.xml")
    assert len({OLDER, NEWER} & set(environment)) == 1, "the other one is warned of"
    monkeypatch.setenv(NEWER, "/mine.xml")
    environment = ros_environment()
    assert environment[NEWER] == "/mine.xml"
    assert OLDER not in environment


@pytest.mark.parametrize(
    ("distro", "variable"),
    [("humble", OLDER), ("jazzy", OLDER), ("kilted", NEWER), ("lyrical", NEWER)],
)
def test_every_ros_has_its_variable_for_the_profile(monkeypatch, distro, variable):
    monkeypatch.setenv("ROS_DISTRO", distro)
    assert profile_variable() == variable


def test_a_ros_of_pypi_is_known_by_its_version(monkeypatch):
    monkeypatch.delenv("ROS_DISTRO", raising=False)
    started = "import rclpy; rclpy.init(); rclpy.create_node('quiet').destroy_node()"
    command = [sys.executable, "-c", started]
    done = subprocess.run(command, env=ros_environment(), capture_output=True, check=True)
    assert b"deprecated" not in done.stderr + done.stdout
