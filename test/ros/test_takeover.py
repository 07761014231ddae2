"""A person takes over a flying policy_node with a joystick."""

import pytest
from robot import FAILURE
from sensor_msgs.msg import Joy

from liquid_control.contract import velocity_card
from liquid_control.nodes.sticks import AXES, SETTINGS, Sticks
from liquid_control.safety.faults import Fault


class Pad:
    """A joystick of five axes and six buttons, of which 4 takes over."""

    def __init__(self, robot):
        self._robot = robot
        self._publisher = robot.node.create_publisher(Joy, "joy", 10)
        robot.until(self._publisher.get_subscription_count)

    def send(self, held=True, forward=0.0, yaw=0.0, buttons=6):
        message = Joy(axes=[yaw, 0.0, 0.0, 0.0, forward], buttons=[0] * buttons)
        if held:
            message.buttons[4] = 1
        self._publisher.publish(message)

    def hold(self, seconds, **sticks):
        for _ in range(int(seconds * 25)):
            self.send(**sticks)
            self._robot.send()
            self._robot.spin(0.04)


@pytest.fixture
def flying(robot):
    """A robot that flies and a joystick that nobody touches."""
    r = robot(overrides={"takeover.topic": "joy"})
    r.start()
    pad = Pad(r)
    r.fly(3)
    return r, pad


def flown_by(r):
    return r.values()[-1]["flown_by"]


def test_the_one_who_holds_the_button_flies_and_gives_back(flying):
    r, pad = flying
    assert flown_by(r) == "policy"
    pad.hold(0.8, forward=-1.0, yaw=1.0)
    assert flown_by(r) == "person"
    twist = r.commands[-1].twist
    assert (twist.linear.x, twist.angular.z) == pytest.approx((-2.0, 1.2))
    pad.send(held=False)
    r.fly(3)
    assert flown_by(r) == "policy"


def test_sticks_that_fall_silent_while_held_brake_by_their_own_word(flying):
    r, pad = flying
    pad.hold(0.4, forward=1.0)
    for _ in range(30):
        r.send()
        r.spin(0.05)
        if r.commands[-1].twist.linear.x == 0.0:
            break
    assert r.values()[-1]["fault"] == "person_lost"
    assert r.commands[-1].twist.linear.x == 0.0


def test_a_person_flies_a_robot_whose_camera_has_stopped(flying):
    r, pad = flying
    for _ in range(20):
        pad.send(forward=0.5)
        r.send_imu()
        r.spin(0.04)
    assert flown_by(r) == "person" and r.commands[-1].twist.linear.x > 0.5


def test_a_joystick_without_the_button_brakes_and_says_which(flying):
    r, pad = flying
    pad.send(held=False, buttons=3)
    r.until(lambda: "person_invalid" in r.faults())
    assert "found 5 axes and 3 buttons" in r.values()[-1]["detail"]


@pytest.mark.parametrize("axes", ["4 3 1", "4 3 1 0 2"])
def test_an_axis_for_each_field_is_asked_for_in_one_line(robot, axes):
    r = robot(overrides={"takeover.topic": "joy", "takeover.axes": axes})
    assert r.policy.trigger_configure() == FAILURE
    assert any("expected an axis for each of forward_m_s" in line for line in r.lines())


def test_nobody_takes_over_where_no_topic_is_named(robot):
    r = robot()
    r.start()
    assert not r.node.count_subscribers("joy")


# --- what sticks mean


def opened(**values):
    """Sticks that have read their parameters from a node."""
    made = Sticks(velocity_card())
    given = {setting.name: setting.default for setting in SETTINGS} | values

    class Node:
        def get_parameter(self, name):
            return type("Parameter", (), {"value": given[name]})

        def resolve_topic_name(self, name):
            return name

        def create_subscription(self, *given):
            return None

    made.open(Node(), print, lockstep=False)
    return made


@pytest.mark.parametrize(
    ("travel", "forward"), [(0.0, 0.0), (0.04, 0.0), (-0.05, 0.0), (1.0, 2.0), (-1.0, -2.0)]
)
def test_a_stick_moves_from_its_deadband_on_and_to_the_limit_of_the_card(travel, forward):
    message = Joy(axes=[0.0, 0.0, 0.0, 0.0, travel], buttons=[0, 0, 0, 0, 1])
    held, *values = opened().read(message).values
    assert held == 1.0 and values[0] == pytest.approx(forward, abs=1e-6)


def test_an_axis_can_be_reversed():
    message = Joy(axes=[0.0, 0.0, 0.0, 0.0, 1.0], buttons=[0] * 5)
    assert opened(**{"takeover.axes": "-4 3 1 0"}).read(message).values[1] == pytest.approx(-2.0)


@pytest.mark.parametrize("travel", [float("nan"), float("inf")])
def test_a_stick_that_gives_no_number_is_a_problem(travel):
    problem = opened().read(Joy(axes=[travel] * 5, buttons=[0] * 5))
    assert problem.fault is Fault.PERSON_INVALID


@pytest.mark.parametrize("text", ["a b", "1.5", "4 3 1 x"])
def test_axes_that_are_no_numbers_are_refused_in_one_line(text):
    assert f"found '{text}'" in AXES.check(text)
