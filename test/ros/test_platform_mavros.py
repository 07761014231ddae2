"""MAVROS: against a strict fake with PX4 behind it, over the real middleware."""

import sys
from types import SimpleNamespace

import pytest
from fakes.cockpit import HERE_NED, Bench, Cockpit, grow_old
from fakes.mavros import Mavros
from fakes.messages import install

from liquid_control.errors import ConfigError
from liquid_control.platforms.mavros import MODE

PATIENT = {"mavros__pose_timeout_s": 2.0, "mavros__state_timeout_s": 10.0}


@pytest.fixture(scope="module", autouse=True)
def messages():
    install("mavros_msgs")


@pytest.fixture
def bench(ros):
    made = []

    def make(autopilot=None, **parameters):
        made.append(Bench("mavros", autopilot or Mavros(), **PATIENT, **parameters))
        return made[-1]

    yield make
    for one in made:
        assert not one.autopilot.wrongs
        one.close()


def test_the_shipped_policy_reaches_its_target_through_mavros(ros):
    cockpit = Cockpit("mavros", Mavros(), **PATIENT)
    assert cockpit.fly().outcome.value == "success"
    assert cockpit.autopilot.flown
    cockpit.close()


def test_forward_of_a_leaning_vehicle_is_level_and_east_north_up(bench):
    b = bench()
    b.take_off()
    assert b.autopilot.setpoint == pytest.approx(HERE_NED, abs=1e-9)


def test_px4_is_given_a_stream_of_zeros_before_a_person_switches(bench):
    b = bench()
    b.until(lambda: len(b.autopilot.stream_s) > 3)
    assert b.silence("mode") == "the autopilot is in mode POSCTL, not in OFFBOARD"


def test_an_ardupilot_behind_mavros_is_sent_nothing_before_guided(bench):
    b = bench(mavros__mode="GUIDED")
    b.autopilot.state.mode = "LOITER"
    b.silence("mode LOITER, not in GUIDED")
    b.rest()
    assert b.autopilot.stream_s == []


def test_setpoints_end_when_the_person_takes_the_mode_or_the_arming_back(bench):
    b = bench()
    b.take_off()
    b.autopilot.wanted = False
    b.silence("not in OFFBOARD")
    b.autopilot.armed = False
    b.silence("disarmed")
    received = b.autopilot.received
    b.rest()
    assert b.autopilot.received == received


def test_another_mav_frame_would_turn_every_command_and_is_refused(bench):
    b = bench(Mavros(mav_frame="BODY_NED"))
    said = b.silence("BODY_NED")
    assert said == "mav_frame of mavros/setpoint_velocity: expected LOCAL_NED, found BODY_NED"
    b.rest()
    assert b.autopilot.stream_s == []


def test_a_mavros_without_an_autopilot_is_sent_nothing(bench):
    b = bench()
    b.autopilot.state.connected = False
    assert "fcu_url" in b.silence("not connected")
    b.rest()
    assert b.autopilot.stream_s == []


def test_news_that_have_grown_old_end_setpoints_and_zeros(bench, monkeypatch):
    b = bench()
    b.take_off()
    grow_old(monkeypatch)
    stream = len(b.autopilot.stream_s)
    assert b.say().startswith("expected MAVROS's state on mavros/state, the newest is 60.")
    b.executor.spin_once(timeout_sec=0.05)
    assert len(b.autopilot.stream_s) == stream


@pytest.mark.parametrize(("mode", "good"), [("OFFBOARD", True), ("GUIDED", True), ("AUTO", False)])
def test_only_the_mode_of_px4_or_of_ardupilot_is_flown(mode, good):
    assert (MODE.check(mode) == "") is good


def test_without_mavros_msgs_one_line_says_what_to_install(ros, monkeypatch):
    monkeypatch.setitem(sys.modules, "mavros_msgs.msg", None)
    with pytest.raises(ConfigError, match=r"mavros_msgs/State.*apt install"):
        Bench("mavros", SimpleNamespace(nodes=[]))
