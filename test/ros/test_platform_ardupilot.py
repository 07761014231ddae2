"""ArduPilot over its DDS: against a strict fake, over the real middleware."""

import sys
from types import SimpleNamespace

import pytest
from fakes.ardupilot import ArduPilot
from fakes.cockpit import HERE_NED, LEANING, Bench, Cockpit, grow_old
from fakes.messages import install

from liquid_control.errors import ConfigError

PATIENT = {"ardupilot__pose_timeout_s": 2.0}


@pytest.fixture(scope="module", autouse=True)
def messages():
    install("ardupilot_msgs")


@pytest.fixture
def bench(ros):
    made = []

    def make(**parameters):
        made.append(Bench("ardupilot", ArduPilot(), **PATIENT, **parameters))
        return made[-1]

    yield make
    for one in made:
        assert not one.autopilot.wrongs
        one.close()


def test_the_shipped_policy_reaches_its_target_through_ardupilots_messages(ros):
    cockpit = Cockpit("ardupilot", ArduPilot(), **PATIENT)
    assert cockpit.fly().outcome.value == "success"
    assert cockpit.autopilot.flown
    cockpit.close()


def test_forward_of_a_leaning_copter_is_level_and_in_the_frame_map(bench):
    b = bench()
    b.take_off()
    assert b.autopilot.setpoint == pytest.approx(HERE_NED, abs=1e-9)


def test_nothing_is_sent_before_guided_nor_after_it_nor_disarmed(bench):
    b = bench()
    assert b.silence("mode") == "ArduPilot is in mode 5, not in GUIDED (4)"
    b.take_off()
    b.autopilot.wanted = False
    b.silence("mode")
    b.autopilot.wanted, b.autopilot.armed = True, False
    assert b.silence("disarmed")
    received = b.autopilot.received
    b.rest()
    assert b.autopilot.received == received


def test_a_status_that_is_sent_only_when_it_changes_is_believed_while_poses_come(
    bench, monkeypatch
):
    b = bench()
    b.take_off()
    grow_old(monkeypatch)
    assert b.say().startswith("expected ArduPilot's pose on ap/pose/filtered, the newest is 60.")
    b.platform._on_pose(pose_of(LEANING))
    assert b.say() == ""


def test_a_release_that_repeats_its_status_can_be_held_to_it(bench, monkeypatch):
    b = bench(ardupilot__status_timeout_s=2.0)
    b.take_off()
    grow_old(monkeypatch)
    b.platform._on_pose(pose_of(LEANING))
    assert b.say().startswith("expected ArduPilot's status on ap/status, the newest is 60.")


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [("external_control", False, "external control"), ("vehicle_type", 3, "ARDUPLANE (3)")],
)
def test_an_ardupilot_that_takes_no_velocities_is_sent_none(bench, field, value, word):
    b = bench()
    setattr(b.autopilot.status, field, value)
    b.autopilot.wanted = True
    b.silence(word)
    assert b.autopilot.received == 0


def test_a_rovers_guided_has_another_number(bench):
    b = bench()
    b.autopilot.status.vehicle_type = 1
    assert b.silence("mode") == "ArduPilot is in mode 5, not in GUIDED (15)"


def test_a_pose_without_orientation_is_not_flown_on(bench):
    b = bench()
    b.take_off()
    b.platform._on_pose(pose_of(SimpleNamespace(quaternion=(0.0, 0.0, 0.0, 0.0))))
    assert b.say() == "ArduPilot's pose has no orientation; see its estimator"


def test_without_ardupilot_msgs_one_line_says_what_to_install(ros, monkeypatch):
    monkeypatch.setitem(sys.modules, "ardupilot_msgs.msg", None)
    with pytest.raises(ConfigError, match=r"ardupilot_msgs/Status.*Tools/ros2/ardupilot_msgs"):
        Bench("ardupilot", SimpleNamespace(nodes=[]))


def pose_of(truth):
    from geometry_msgs.msg import PoseStamped

    pose = PoseStamped()
    q = pose.pose.orientation
    q.w, q.x, q.y, q.z = truth.quaternion
    return pose
