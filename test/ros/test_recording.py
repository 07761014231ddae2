"""A node that records what its pilot takes, and what real ROS makes of the file."""

from importlib import import_module

import pytest
from robot import FAILURE, SUCCESS

from liquid_control.record.recording import open_recording
from liquid_control.record.replay import replay


def test_two_flights_of_a_node_replay_to_the_same_commands(robot, tmp_path):
    path = tmp_path / "flight.mcap"
    r = robot(record=str(path), camera_timeout_s=0.3)
    r.start()
    r.fly(5)
    r.send(encoding="32FC1")
    r.spin(0.5)
    assert r.policy.trigger_deactivate() == SUCCESS
    assert r.policy.trigger_activate() == SUCCESS
    r.fly(5)
    assert r.policy.trigger_deactivate() == SUCCESS
    r.spin(0.3)
    assert r.policy.trigger_cleanup() == SUCCESS
    recording = open_recording(path)
    comparison = replay(recording)
    assert (comparison.flights, comparison.different) == (2, 0)
    assert comparison.largest_difference == 0.0
    assert comparison.both >= 10
    assert {"camera_invalid", "camera_stale"} <= set(comparison.faults)
    flown: list[float] = []
    for moment in recording.moments():
        if moment.begins and flown:
            flown.append(0.0)  # what a node says last, as it is deactivated
        if moment.step and moment.step.command:
            flown.append(moment.step.command.values[0])
    assert [c.twist.linear.x for c in r.commands] == [*flown, 0.0]


def test_the_settings_do_not_change_while_they_stand_in_an_open_recording(robot, tmp_path):
    r = robot(record=str(tmp_path / "flight.mcap"))
    r.start()
    assert r.policy.trigger_deactivate() == SUCCESS
    (result,) = r.set(camera_timeout_s=0.3)
    assert not result.successful
    assert "recording" in result.reason


def test_a_recording_that_cannot_be_written_refuses_the_flight(robot, tmp_path):
    path = tmp_path / "flight.mcap"
    path.write_bytes(b"something")
    r = robot(record=str(path))
    assert r.policy.trigger_configure() == SUCCESS
    assert r.policy.trigger_activate() == FAILURE
    assert path.read_bytes() == b"something"


def test_a_recording_that_stops_does_not_stop_the_flight(robot, tmp_path):
    r = robot(record=str(tmp_path / "flight.mcap"))
    r.start()
    r.fly(3)
    r.policy._recorder.problem = "No space left on device"
    r.fly(3)
    assert len(r.commands) == 6
    r.until(lambda: r.lines("recording has stopped: No space left on device"))


def test_real_ros_reads_every_message_of_a_recording(robot, tmp_path):
    mcap_reader = pytest.importorskip("mcap.reader")
    from rclpy.serialization import deserialize_message

    path = tmp_path / "flight.mcap"
    r = robot(record=str(path))
    r.start()
    r.fly(3)
    r.spin(0.2)
    assert r.policy.trigger_deactivate() == SUCCESS
    assert r.policy.trigger_cleanup() == SUCCESS
    seen = {}
    with path.open("rb") as file:
        for schema, channel, message in mcap_reader.make_reader(file).iter_messages():
            package, _, name = schema.name.split("/")
            kind = getattr(import_module(f"{package}.msg"), name)
            seen[channel.topic] = deserialize_message(message.data, kind)
    assert set(seen) == {
        "/image", "/imu", "/pilot/tick", "/pilot/flight", "/pilot/command", "/pilot/status",
    }  # fmt: skip
    assert seen["/image"].encoding == "rgb8"
    assert seen["/pilot/command"].twist.linear.x == r.commands[-1].twist.linear.x
