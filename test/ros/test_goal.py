"""Orders by a person: a topic that overrules, and a parameter that answers."""

import subprocess
import sys

import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile
from robot import FAILURE, SUCCESS
from std_msgs.msg import String

from liquid_control.share import share_file

MODEL = share_file("models/rover_to_target_cfc.onnx")
"""It knows red, blue, yellow and green barrels."""
ORDER = [sys.executable, "-m", "liquid_control.cli.main", "order"]


def until_order(robot, words):
    """Fly until a command is flown whose status says that this is the order."""
    before = len(robot.statuses)

    def holds():
        robot.send()
        robot.spin(0.03)
        flown = [v for v in robot.values()[before:] if not v["fault"]]
        return bool(flown) and flown[-1]["goal"] == words

    robot.until(holds)


def test_an_order_is_given_changed_and_refused_in_flight_by_the_parameter(robot):
    r = robot(MODEL)
    r.start()
    assert r.set(goal="red barrel")[0].successful
    until_order(r, "approach red barrel")
    assert r.set(goal="blue barrel")[0].successful
    until_order(r, "approach blue barrel")
    (result,) = r.set(goal="pink barrel")
    assert not result.successful
    assert "expected one of red, blue, yellow, green" in result.reason
    assert "\n" not in result.reason
    until_order(r, "approach blue barrel")


@pytest.mark.parametrize(
    "text", ["", "barrel", "go to blue barrel", "blue tent", "follow blue barrel"]
)
def test_what_is_no_order_of_the_policy_is_refused_with_a_reason(robot, text):
    r = robot(MODEL)
    r.start()
    (result,) = r.set(goal=text)
    assert not result.successful
    assert "expected" in result.reason


def test_the_newest_of_topic_and_parameter_counts(robot):
    r = robot(MODEL)
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    topic = r.node.create_publisher(String, "goal", latched)
    r.start()
    r.set(goal="red barrel")
    topic.publish(String(data="blue barrel"))
    until_order(r, "approach blue barrel")
    r.set(goal="red barrel")
    until_order(r, "approach red barrel")


def test_an_order_from_the_parameter_file_counts_from_the_start(robot):
    r = robot(MODEL, overrides={"goal": "red barrel"})
    r.start()
    until_order(r, "approach red barrel")


def test_an_order_that_the_policy_does_not_know_is_not_configured(robot):
    r = robot(MODEL, overrides={"goal": "pink barrel"})
    assert r.policy.trigger_configure() == FAILURE
    (line,) = r.lines("pink")
    assert "expected one of red, blue, yellow, green" in line


def test_in_lockstep_the_simulator_gives_the_orders(robot):
    r = robot(MODEL, lockstep=True)
    assert r.policy.trigger_configure() == SUCCESS
    (result,) = r.set(goal="red barrel")
    assert not result.successful
    assert "simulator" in result.reason


def test_a_policy_without_orders_has_no_parameter_for_one(robot):
    r = robot(share_file("models/fly_to_target_cfc.onnx"))
    assert r.policy.trigger_configure() == SUCCESS
    assert not r.policy.has_parameter("goal")


@pytest.fixture
def told(robot):
    """``told(*arguments)``: run the command while a policy flies; its code and what it said."""
    r = robot(MODEL)
    r.start()

    def tell(*arguments):
        with subprocess.Popen(
            [*ORDER, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as command:
            r.until(lambda: command.poll() is not None, timeout_s=60)
            return command.returncode, command.stdout.read()

    tell.robot = r
    return tell


def test_the_command_gives_an_order_and_prints_the_answer(told):
    assert told("blue barrel") == (0, "/policy_node has taken the order: blue barrel\n")
    until_order(told.robot, "approach blue barrel")
    code, said = told("blue tent")
    assert code == 1
    assert said.startswith("error: /policy_node goes on as before: ")
    assert "expected one of barrel" in said
    assert len(said.splitlines()) == 1


def test_the_command_says_when_a_policy_takes_no_such_order(told):
    code, said = told("blue barrel", "--input", "wish")
    assert code == 1
    assert "wish" in said
    assert len(said.splitlines()) == 1


def test_the_command_says_when_nobody_answers(told):
    code, said = told("blue barrel", "--node", "/nobody")
    assert code == 1
    assert "/nobody has not answered" in said
    assert len(said.splitlines()) == 1
