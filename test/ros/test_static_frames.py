"""`imu.mounting: tf`: how the IMU stands on the body is what the robot's description says."""

import sys

import numpy as np
import pytest
from fakes.messages import install
from geometry_msgs.msg import TransformStamped
from hypothesis import given
from hypothesis import strategies as st
from liquid_control_sim.messages import to_imu
from robot import FAILURE, REST
from scipy.spatial.transform import Rotation

from liquid_control.contract import ImuSample, imu_input
from liquid_control.errors import ConfigError
from liquid_control.nodes.rotations import multiply, rotate
from liquid_control.nodes.sources.imu import ImuSource
from liquid_control.nodes.static_frames import KEPT, StaticFrames
from liquid_control.safety.faults import Fault

QUATERNIONS = st.tuples(*4 * [st.floats(-1, 1)]).filter(lambda q: np.linalg.norm(q) > 0.1)


@pytest.fixture(scope="module")
def tf_message():
    install("tf2_msgs")
    from tf2_msgs.msg import TFMessage

    return TFMessage


def unit(q):
    return tuple((np.array(q) / np.linalg.norm(q)).tolist())


def link(parent, child, q=(1.0, 0.0, 0.0, 0.0)):
    made = TransformStamped(child_frame_id=child)
    made.header.frame_id = parent
    turn = made.transform.rotation
    turn.w, turn.x, turn.y, turn.z = q
    return made


class Said:
    def __init__(self, *links):
        self.transforms = list(links)


def told(*links):
    frames = StaticFrames()
    frames.take(Said(*links))
    return frames


def scipys(q):
    return Rotation.from_quat([*q[1:], q[0]])


@given(QUATERNIONS, QUATERNIONS)
def test_rotations_are_multiplied_as_scipy_multiplies_them(p, q):
    p, q = unit(p), unit(q)
    vector = (0.3, -0.5, 0.8)
    expected = (scipys(p) * scipys(q)).apply(vector)
    assert rotate(multiply(p, q), vector) == pytest.approx(expected.tolist(), abs=1e-9)


@given(QUATERNIONS, QUATERNIONS, QUATERNIONS)
def test_a_frame_is_found_over_every_link_up_and_down(up, down, last):
    up, down, last = unit(up), unit(down), unit(last)
    frames = told(link("hub", "body", up), link("hub", "arm", down), link("arm", "imu", last))
    expected = scipys(up).inv() * scipys(down) * scipys(last)
    found = rotate(frames.rotation("body", "imu"), (0.1, 0.2, 0.9))
    assert found == pytest.approx(expected.apply((0.1, 0.2, 0.9)).tolist(), abs=1e-9)


def test_what_nobody_said_is_not_guessed():
    frames = told(link("body", "camera"))
    assert frames.rotation("body", "imu") is None
    assert frames.rotation("body", "body") == (1.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    "q", [(0.0, 0.0, 0.0, 0.0), (float("nan"), 0.0, 0.0, 0.0), (1.0, 1.0, 0.0, 0.0)]
)
def test_what_is_no_rotation_is_named_where_it_counts_and_only_there(q):
    frames = told(link("hub", "body"), link("hub", "arm", q), link("hub", "imu"))
    assert frames.rotation("body", "imu") == (1.0, 0.0, 0.0, 0.0)
    with pytest.raises(ConfigError, match=r"^/tf_static: [^\n]*'hub' to 'arm'[^\n]*length 1"):
        frames.rotation("body", "arm")


def test_links_that_run_in_a_ring_end():
    assert told(link("a", "b"), link("b", "a")).rotation("a", "other") is None


HALF = (0.0, 1.0, 0.0, 0.0)
"""Upside down: half a turn about x."""


def test_an_imu_that_the_description_turns_over_flies_once_the_description_is_there(
    tf_message, robot
):
    """Before, no sample counts, and the pilot says what it waits for."""
    r = robot(overrides={"imu.mounting": "tf", "imu.body_frame": "upright"})
    r.start()
    frame_id = to_imu(ImuSample(0, (0.0,) * 3, REST), 0).header.frame_id

    def flies():
        r.send_imu(r.send_image(), acceleration=(0.0, 0.0, -REST[2]))
        r.spin(0.05)
        return bool(r.commands)

    r.until(lambda: flies() or "imu_invalid" in r.faults())
    assert not r.commands
    assert "does not say how" in " ".join(r.lines())
    publisher = r.node.create_publisher(tf_message, "/tf_static", KEPT)
    publisher.publish(tf_message(transforms=[link("upright", frame_id, HALF)]))
    r.until(flies)


def test_a_sample_of_a_frame_that_nobody_describes_is_a_problem_that_says_what_to_do():
    source = ImuSource("imu", imu_input())
    source._frames, source._body = told(link("base_link", "camera")), "base_link"
    message = to_imu(ImuSample(0, (0.0,) * 3, REST), 0)
    message.header.frame_id = "imu_link"
    problem = source.read(message)
    assert problem.fault is Fault.IMU_INVALID
    assert "start robot_state_publisher, or give imu.mounting in degrees" in problem.detail


def test_without_tf2_msgs_one_line_says_what_to_install(robot, monkeypatch):
    monkeypatch.setitem(sys.modules, "tf2_msgs.msg", None)
    r = robot(overrides={"imu.mounting": "tf"})
    assert r.policy.trigger_configure() == FAILURE
    assert "tf2_msgs/TFMessage" in r.lines()[-1] and "apt install" in r.lines()[-1]
