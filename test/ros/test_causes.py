"""Each cause of a silent or braking pilot has its own word, and says what to do."""

import time

import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from robot import SUCCESS
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage

from liquid_control.contract import NANOSECONDS
from liquid_control.nodes.conversions import to_stamp

MS = 1_000_000


def no_camera(r):
    r.send_imu()


def no_imu(r):
    r.send_image()


def nothing_stamped(r):
    r.send_imu()
    r.send_image(stamp_ns=0)


def late(r):
    r.send_imu()
    r.send_image(stamp_ns=r.now_ns() - 700 * MS)


def ahead(r):
    r.send_imu()
    r.send_image(stamp_ns=r.now_ns() + 490 * MS)


def foreign_imu_clock(r):
    r.send_imu(stamp_ns=r.now_ns() - 3600 * NANOSECONDS)
    r.send_image()


def imu_ahead(r):
    r.send_imu(stamp_ns=r.now_ns() + 1000 * MS)
    r.send_image()


def wrong_encoding(r):
    r.send(encoding="32FC1")


def one_pixel(r):
    r.send(size=(1, 1))


def two_cameras(r):
    r.send(frame_id="left")
    r.spin(1 / 60)
    r.send(frame_id="right")


def wrong_axes(r):
    stamp_ns = r.send_image()
    r.send_imu(stamp_ns, acceleration=(9.81, 0.0, 0.0))


def implausible(r):
    stamp_ns = r.send_image()
    r.send_imu(stamp_ns, acceleration=(0.0, 0.0, 981.0))


CAUSES = {
    "camera_missing": no_camera,
    "imu_missing": no_imu,
    "camera_unstamped": nothing_stamped,
    "camera_late": late,
    "camera_future": ahead,
    "imu_clock": foreign_imu_clock,
    "imu_future": imu_ahead,
    "camera_invalid": wrong_encoding,
    "camera_tiny": one_pixel,
    "camera_mixed": two_cameras,
    "imu_axes": wrong_axes,
    "imu_implausible": implausible,
}


@pytest.mark.parametrize("word", CAUSES)
def test_a_cause_before_the_first_command_is_named_by_its_own_word(robot, word):
    r = robot()
    r.start()
    end = time.monotonic() + 1.0
    while time.monotonic() < end:
        CAUSES[word](r)
        r.spin(1 / 30)
    assert word in r.faults()
    assert set(r.faults()) <= {word, "imu_missing"}
    if word != "camera_mixed":  # there its first camera may have been flown
        assert r.commands == []
        faulty = [s.status[0] for s, v in zip(r.statuses, r.values(), strict=True) if v["fault"]]
        assert {status.level for status in faulty} == {DiagnosticStatus.WARN}
    assert any(len(line) > len(word) + 20 for line in r.lines(word))


def test_an_imu_that_is_late_from_another_clock_stops_a_flight_by_its_own_name(robot):
    r = robot()
    r.start()
    r.fly(3)
    end = time.monotonic() + 1.0
    while time.monotonic() < end:
        foreign_imu_clock(r)
        r.spin(1 / 30)
    assert "imu_clock" in r.faults()
    last = r.commands[-1].twist
    assert (last.linear.x, last.angular.z) == (0.0, 0.0)


def test_only_compressed_images_are_said_to_be_so(robot):
    r = robot()
    r.node.destroy_publisher(r.image)
    r.node.create_publisher(CompressedImage, "image/compressed", 1)
    assert r.policy.trigger_configure() == SUCCESS
    assert r.policy.trigger_activate() == SUCCESS
    r.until(lambda: any("only /image/compressed" in v["detail"] for v in r.values()))
    assert "sources.image: compressed" in r.values()[-1]["detail"]


def test_a_wrong_encoding_is_at_most_one_line_a_second(robot):
    r = robot()
    r.start()
    start = time.monotonic()
    while time.monotonic() - start < 3.0:
        wrong_encoding(r)
        r.spin(1 / 60)
    assert 1 <= len(r.lines("camera_invalid")) <= 4


def test_faults_that_take_turns_are_at_most_one_line_a_second_each(robot):
    r = robot()
    r.start()
    r.fly(2)
    start = time.monotonic()
    while time.monotonic() - start < 3.0:
        wrong_encoding(r)
        r.spin(1 / 60)
        r.send()
        r.spin(1 / 60)
    assert {"camera_invalid", ""} <= {v["fault"] for v in r.values()}
    assert 1 <= len(r.lines("camera_invalid")) <= 4


def test_the_failsafe_is_logged_when_it_latches_with_what_to_do(robot):
    r = robot(camera_timeout_s=0.2, failsafe_after_s=0.4)
    r.start()
    r.fly(2)
    r.until(lambda: r.lines("failsafe"))
    line = r.lines("failsafe")[0]
    assert "camera_stale" in line
    assert "deactivate and activate" in line
    r.spin(1.5)
    assert len(r.lines("failsafe")) == 1


def test_the_statuss_stamp_goes_on_when_nothing_arrives(robot):
    r = robot()
    r.start()
    r.spin(2.7)
    stamps = [s.header.stamp.sec + s.header.stamp.nanosec / 1e9 for s in r.statuses]
    assert 3 <= len(stamps) <= 8
    assert stamps[-1] - stamps[0] > 1.0


def test_a_policy_that_raises_ends_in_failsafe_with_its_words(robot):
    r = robot()
    r.start()
    r.fly(2)

    def broken(observation):
        raise ValueError("the weights\nare gone")

    r.policy._pilot.policy.step = broken
    r.send()
    r.until(lambda: "policy_failed" in r.faults())
    values = r.values()[-1]
    assert values["mode"] == "failsafe"
    assert "ValueError: the weights are gone" in values["detail"]
    r.until(lambda: r.lines("the weights are gone"))


def test_a_simulators_clock_that_is_set_back_begins_the_flight_anew(robot):
    r = robot(use_sim_time=True)
    clock = r.node.create_publisher(Clock, "/clock", 10)
    r.start()

    def fly(start_s, frames):
        for i in range(frames):
            stamp_ns = int((start_s + i / 20) * 1e9)
            clock.publish(Clock(clock=to_stamp(stamp_ns)))
            r.until(lambda t=stamp_ns: r.now_ns() == t)
            count = len(r.commands)
            r.send_image(stamp_ns)
            r.send_imu(stamp_ns)
            r.spin(0.04)
            yield len(r.commands) > count

    assert all(fly(100.0, 5))
    answered = list(fly(3.0, 8))
    assert "clock_back" in r.faults()
    assert all(answered[2:])
    assert r.values()[-1]["mode"] == "active"


def test_a_missing_clock_is_named_where_simulated_time_is_asked_for(robot):
    r = robot(use_sim_time=True)
    r.start()
    end = time.monotonic() + 1.5
    while time.monotonic() < end:
        r.send_image(time.time_ns())
        r.spin(0.05)
    assert any("no /clock has come" in v["detail"] for v in r.values())


def test_a_clock_that_stops_in_flight_is_braked(robot):
    r = robot(use_sim_time=True, camera_timeout_s=0.2)
    clock = r.node.create_publisher(Clock, "/clock", 10)
    r.start()
    for i in range(4):
        stamp_ns = (100_000 + 50 * i) * MS
        clock.publish(Clock(clock=to_stamp(stamp_ns)))
        r.until(lambda t=stamp_ns: r.now_ns() == t)
        r.send_image(stamp_ns)
        r.send_imu(stamp_ns)
        r.spin(0.05)
    assert r.commands
    r.until(lambda: "camera_stale" in r.faults())
