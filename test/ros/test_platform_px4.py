"""PX4 over uXRCE-DDS: against a strict fake, over the real middleware."""

import math
import sys
from types import SimpleNamespace

import pytest
from fakes.cockpit import HERE_NED, Bench, Cockpit, grow_old
from fakes.messages import install
from fakes.px4 import Px4
from rclpy.qos import DurabilityPolicy, ReliabilityPolicy

from liquid_control.errors import ConfigError
from liquid_control.platforms.px4 import NAV_STATE, topic

PATIENT = {"px4__status_timeout_s": 5.0, "px4__position_timeout_s": 2.0}


@pytest.fixture(scope="module", autouse=True)
def messages():
    install("px4_msgs")


@pytest.fixture
def bench(ros):
    made = []

    def make(autopilot=None, **parameters):
        made.append(Bench("px4", autopilot or Px4(), **PATIENT, **parameters))
        return made[-1]

    yield make
    for one in made:
        assert not one.autopilot.wrongs
        one.close()


def test_the_shipped_policy_reaches_its_target_through_px4s_messages(ros):
    cockpit = Cockpit("px4", Px4(), **PATIENT)
    assert cockpit.fly().outcome.value == "success"
    assert cockpit.autopilot.flown
    cockpit.close()


def test_px4_is_given_signs_of_life_and_nothing_else_before_a_person_switches(bench):
    b = bench()
    b.until(lambda: len(b.autopilot.lives_s) > 3)
    assert b.autopilot.received == 0
    assert b.silence("mode") == "PX4 is in mode POSCTL (2), not in OFFBOARD (14)"


def test_without_a_command_that_passed_the_gate_there_is_no_sign_of_life(bench):
    b = bench()
    b.until(lambda: "mode" in b.platform.silent_because(), say=False)
    b.rest(say=False)
    assert b.autopilot.lives_s == []


def test_forward_of_a_leaning_vehicle_is_level_and_turned_into_north_east_down(bench):
    b = bench()
    b.take_off()
    assert b.autopilot.setpoint == pytest.approx(HERE_NED, abs=1e-6)


def test_setpoints_end_when_the_person_takes_the_mode_or_the_arming_back(bench):
    b = bench()
    b.take_off()
    b.autopilot.wanted = False
    b.silence("not in OFFBOARD")
    b.autopilot.wanted, b.autopilot.armed = True, False
    b.silence("disarmed")
    received = b.autopilot.received
    b.rest()
    assert b.autopilot.received == received


def test_px4_leaves_offboard_by_itself_when_commands_end(bench):
    b = bench()
    b.take_off()
    b.until(lambda: b.autopilot.losses, say=False)
    assert "PX4 is in mode" in b.silence("mode")


def test_news_that_have_grown_old_end_setpoints_and_signs_of_life(bench, monkeypatch):
    b = bench()
    b.take_off()
    grow_old(monkeypatch)
    lives = len(b.autopilot.lives_s)
    assert b.say().startswith(
        "expected PX4's status on fmu/out/vehicle_status_v4, the newest is 60."
    )
    b.executor.spin_once(timeout_sec=0.05)
    assert len(b.autopilot.lives_s) == lives


@pytest.mark.parametrize(
    ("field", "value", "word"),
    [
        ("v_xy_valid", False, "velocity"),
        ("v_z_valid", False, "velocity"),
        ("heading_good_for_control", False, "heading"),
    ],
)
def test_an_estimate_that_px4_does_not_trust_is_not_flown_on(bench, field, value, word):
    b = bench()
    setattr(b.autopilot.position, field, value)
    assert "see its estimator" in b.silence(word)
    assert b.autopilot.lives_s == []


def test_a_heading_that_is_no_number_is_not_flown_on(bench, monkeypatch):
    b = bench()
    monkeypatch.setattr("fakes.px4.heading", lambda truth: math.nan)
    assert "PX4 does not know its heading" in b.silence("heading;")
    assert b.autopilot.lives_s == []


def test_another_vehicle_of_a_swarm_is_found_by_its_number(bench):
    b = bench(Px4("/px4_2/fmu", system_id=3), px4__instance=2)
    b.take_off()


def test_topics_of_a_vehicle_with_another_system_id_are_refused(bench):
    b = bench(Px4(system_id=7))
    assert b.silence("found 7").startswith("expected PX4 1 on /fmu/out/vehicle_status_v4, found 7")
    assert b.autopilot.lives_s == []


def test_a_px4_of_another_release_is_named_by_its_topic(bench):
    b = bench(Px4(status_version="_v1"))
    said = b.silence("vehicle_status_v1")
    assert said.startswith("expected PX4's status on fmu/out/vehicle_status_v4, none has come; ")
    assert "PX4 speaks /fmu/out/vehicle_status_v1: build PX4's px4_msgs, the branch of" in said


def test_no_old_setpoint_waits_for_an_agent_that_comes_back(bench):
    b = bench()
    b.take_off()
    qos = b.autopilot.qos_of_setpoints()
    assert qos.durability == DurabilityPolicy.VOLATILE
    assert qos.reliability == ReliabilityPolicy.BEST_EFFORT


@pytest.mark.parametrize(
    ("name", "version", "expected"),
    [
        ("VehicleStatus", {"MESSAGE_VERSION": 1}, "fmu/out/vehicle_status_v1"),
        ("VehicleStatus", {"MESSAGE_VERSION": 0}, "fmu/out/vehicle_status"),
        ("VehicleLocalPosition", {}, "fmu/out/vehicle_local_position"),
    ],
)
def test_a_topics_version_is_that_of_its_message_class(name, version, expected):
    assert topic("fmu/out", SimpleNamespace(__name__=name, **version)) == expected


@pytest.mark.parametrize(("nav_state", "good"), [(14, True), (23, True), (30, True), (4, False)])
def test_only_offboard_or_a_mode_of_ones_own_is_flown(nav_state, good):
    assert (NAV_STATE.check(nav_state) == "") is good


def test_without_px4_msgs_one_line_says_what_to_install(ros, monkeypatch):
    monkeypatch.setitem(sys.modules, "px4_msgs.msg", None)
    with pytest.raises(ConfigError, match=r"px4_msgs/OffboardControlMode.*branch of your PX4's"):
        Bench("px4", SimpleNamespace(nodes=[]))
