"""MAVLink: against strict fakes of PX4 and ArduCopter, over real UDP."""

import sys
from types import SimpleNamespace

import pytest

pytest.importorskip("pymavlink")
from fakes.cockpit import HERE_NED, Bench, Cockpit, grow_old
from fakes.mavlink import ARDUPILOT, PX4, WORDS, Mavlink

from liquid_control.errors import ConfigError

PATIENT = {"mavlink__attitude_timeout_s": 2.0, "mavlink__heartbeat_timeout_s": 10.0}


@pytest.fixture
def bench(ros):
    made = []

    def make(autopilot=None, **parameters):
        autopilot = autopilot or Mavlink()
        made.append(
            Bench("mavlink", autopilot, mavlink__url=autopilot.url, **PATIENT, **parameters)
        )
        return made[-1]

    yield make
    for one in made:
        assert not one.autopilot.wrongs
        one.close()


def test_the_shipped_policy_reaches_its_target_over_mavlink(ros):
    autopilot = Mavlink(ARDUPILOT)
    cockpit = Cockpit("mavlink", autopilot, mavlink__url=autopilot.url, **PATIENT)
    assert cockpit.fly().outcome.value == "success"
    assert autopilot.flown
    cockpit.close()


@pytest.mark.parametrize("autopilot", [PX4, ARDUPILOT], ids=["px4", "ardupilot"])
def test_a_command_arrives_as_velocity_north_east_down_and_clockwise_yaw_rate(bench, autopilot):
    b = bench(Mavlink(autopilot))
    b.take_off()
    assert b.autopilot.setpoint == pytest.approx(HERE_NED, abs=1e-6)


def test_px4_is_given_a_stream_of_zeros_before_a_person_switches(bench):
    b = bench(Mavlink(PX4))
    b.until(lambda: len(b.autopilot.stream_s) > 3)
    assert b.silence("mode") == "the autopilot is in mode POSCTL, not in OFFBOARD"


def test_ardupilot_is_sent_nothing_before_guided(bench):
    b = bench()
    assert b.silence("mode") == "the autopilot is in mode LOITER, not in GUIDED"
    b.rest()
    assert b.autopilot.stream_s == []


def test_setpoints_end_when_the_person_takes_the_mode_or_the_arming_back(bench):
    b = bench()
    b.take_off()
    b.autopilot.wanted = False
    b.until(lambda: "not in GUIDED" in b.platform.silent_because(), say=False)
    b.autopilot.wanted, b.autopilot.armed = True, False
    b.until(lambda: "disarmed" in b.platform.silent_because(), say=False)
    received = b.autopilot.received
    b.rest()
    assert b.autopilot.received == received


def test_news_that_have_grown_old_end_setpoints_and_zeros(bench, monkeypatch):
    b = bench(Mavlink(PX4))
    b.take_off()
    grow_old(monkeypatch)
    stream = len(b.autopilot.stream_s)
    assert b.say().startswith("expected a heartbeat of vehicle 1 on udpin:127.0.0.1:")
    b.autopilot.poll()
    assert len(b.autopilot.stream_s) == stream


def test_the_heart_of_another_vehicle_or_of_a_ground_station_does_not_count(bench):
    b = bench(Mavlink(system_id=9))
    b.rest()
    assert b.say().startswith("expected a heartbeat of vehicle 1")
    b.platform._take(heartbeat(component=WORDS.MAV_COMP_ID_MISSIONPLANNER))
    assert b.say().endswith("none has come")
    b.platform._take(heartbeat(component=WORDS.MAV_COMP_ID_AUTOPILOT1))
    assert b.say().startswith("expected the attitude")


def test_an_autopilot_that_is_neither_px4_nor_ardupilot_is_sent_nothing(bench):
    b = bench()
    b.platform._take(heartbeat(autopilot=WORDS.MAV_AUTOPILOT_GENERIC))
    assert b.say() == "expected PX4 or ArduPilot, found MAV_AUTOPILOT 0"


@pytest.mark.parametrize("url", ["udpin:nowhere", "/dev/no_such_line", "udpin:256.0.0.1:1"])
def test_a_line_that_cannot_be_opened_is_refused_in_one_line(ros, url, capfd):
    with pytest.raises(ConfigError, match=r"mavlink.url: expected a line that can be opened") as e:
        Bench("mavlink", SimpleNamespace(nodes=[]), mavlink__url=url)
    assert "\n" not in str(e.value)


def test_without_pymavlink_one_line_says_what_to_install(ros, monkeypatch):
    monkeypatch.setitem(sys.modules, "pymavlink", None)
    with pytest.raises(ConfigError, match=r"pip install 'liquid_control\[mavlink\]'"):
        Bench("mavlink", SimpleNamespace(nodes=[]))


def heartbeat(autopilot=ARDUPILOT, component=1):
    message = WORDS.MAVLink_heartbeat_message(2, autopilot, 0, 0, 0, 3)
    message._header.srcSystem, message._header.srcComponent = 1, component
    return message
