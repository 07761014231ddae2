"""Recordings: what a pilot took comes back bit by bit, and flies to the same commands."""

import errno
import os
import time

import numpy as np
import pytest
from recordings import EVERYTHING, MS, Stub, camera_flight, exact, flown, recorded

from liquid_control.contract import (
    TICK,
    VELOCITY,
    Event,
    Frame,
)
from liquid_control.errors import LiquidControlError, RecordingError
from liquid_control.pipeline import Pilot
from liquid_control.policy import load_policy
from liquid_control.record.recorder import Recorder
from liquid_control.record.recording import open_recording, read_events
from liquid_control.record.replay import replay
from liquid_control.safety.limits import Limits
from liquid_control.safety.settings import SafetySettings


def test_every_kind_of_event_comes_back_bit_by_bit_and_in_order(tmp_path):
    recorder = Recorder(tmp_path / "a.mcap", Pilot(Stub()))
    flown(recorder, Pilot(Stub()), EVERYTHING)
    recorder.close()
    assert recorder.problem is None
    assert [exact(e) for e in read_events(recorder.path)] == [exact(e) for e in EVERYTHING]


def test_the_metadata_names_policy_settings_limits_and_versions(tmp_path, tiny_policy_path):
    pilot = Pilot(
        load_policy(tiny_policy_path),
        SafetySettings(camera_timeout_s=0.3),
        Limits.of(VELOCITY, {"forward_m_s": 0.7}),
    )
    recorder = Recorder(tmp_path / "a.mcap", pilot, tiny_policy_path, lockstep=True)
    flown(recorder, pilot, camera_flight())
    recorder.close()
    recording = open_recording(recorder.path)
    assert recording.model_sha256 == pilot.policy.sha256
    assert recording.model == tiny_policy_path.read_bytes()
    assert recording.card == pilot.policy.card
    assert recording.settings["camera_timeout_s"] == 0.3
    assert recording.limits["highs"][0] == 0.7
    assert recording.lockstep and recording.whole
    assert set(recording.versions) >= {"liquid_control", "onnxruntime", "numpy", "python"}


def test_decisions_stand_beside_the_events_at_which_they_were_made(tmp_path):
    pilot = Pilot(Stub())
    recorder = Recorder(tmp_path / "a.mcap", pilot)
    steps = flown(recorder, pilot, [*EVERYTHING[3:8], Event(14 + 600 * MS, TICK)])
    recorder.close()
    moments = list(open_recording(recorder.path).moments())
    assert [m.begins for m in moments] == [True] + [False] * 5
    for moment, step in zip(moments, steps, strict=True):
        assert (moment.step is None) == (step is None)
        if step is not None:
            assert moment.step.command == step.command
            assert (moment.step.mode, moment.step.fault) == (step.mode, step.fault)
            assert moment.step.detail == step.problem.detail
    assert any(step is not None for step in steps)


@pytest.mark.parametrize("content", [b"", b"no recording at all", b"\x89MCAP0\r\n"])
def test_a_file_that_is_no_recording_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "x.mcap"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=r"expected a recording|damaged") as caught:
        open_recording(path)
    assert "\n" not in str(caught.value)


def test_a_recording_that_is_not_there_is_refused_in_one_line(tmp_path):
    with pytest.raises(RecordingError, match="cannot be read"):
        open_recording(tmp_path / "none.mcap")


def test_one_changed_byte_anywhere_in_a_closed_recording_is_seen(tmp_path, tiny_policy_path):
    recorder, _ = recorded(tmp_path, tiny_policy_path)
    sound = recorder.path.read_bytes()
    rng = np.random.default_rng(0)
    end = len(sound) - 500  # the index at the end is not read
    for where in rng.integers(8, end, 40):
        data = bytearray(sound)
        data[where] ^= 0x10
        recorder.path.write_bytes(bytes(data))
        try:
            comparison = replay(open_recording(recorder.path))
        except LiquidControlError as error:
            assert "\n" not in str(error)
        else:
            assert comparison.different == 0  # a byte of an index between the chunks
            assert comparison.steps >= 12


def test_a_message_that_is_missing_is_seen(tmp_path):
    recorder = Recorder(tmp_path / "a.mcap", Pilot(Stub()))
    recorder.add(EVERYTHING[0], None)
    while recorder._sequence == 0:
        time.sleep(0.01)
    recorder._sequence += 1
    recorder.add(EVERYTHING[1], None)
    recorder.close()
    with pytest.raises(RecordingError, match="message 1 is missing"):
        list(read_events(recorder.path))


def test_a_recording_is_never_written_over(tmp_path):
    Recorder(tmp_path / "a.mcap", Pilot(Stub())).close()
    with pytest.raises(RecordingError, match="there is a recording of that name"):
        Recorder(tmp_path / "a.mcap", Pilot(Stub()))


def test_a_folder_gets_a_file_named_after_the_time(tmp_path):
    recorder = Recorder(tmp_path / "logs", Pilot(Stub()))
    recorder.close()
    assert recorder.path.parent == tmp_path / "logs"
    assert recorder.path.suffix == ".mcap"


def test_a_full_disk_stops_the_recording_with_a_reason_and_not_the_flight(tmp_path, monkeypatch):
    recorder, pilot = Recorder(tmp_path / "a.mcap", Pilot(Stub())), Pilot(Stub())

    def full(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(recorder._writer, "add_message", full)
    flown(recorder, pilot, EVERYTHING)
    recorder.close()
    assert "No space left" in recorder.problem
    assert flown(recorder, pilot, EVERYTHING)


def test_a_disk_that_is_too_slow_stops_the_recording_and_what_was_taken_stays(
    tmp_path, monkeypatch
):
    recorder = Recorder(tmp_path / "a.mcap", Pilot(Stub()))
    write = recorder._write_moment

    def slow(event, step):
        time.sleep(0.02)
        write(event, step)

    monkeypatch.setattr(recorder, "_write_moment", slow)
    image = np.zeros((2000, 2000, 3), np.uint8)
    start = time.monotonic()
    for i in range(30):
        recorder.add(Event(i, "image", Frame(i, image)), None)
    assert time.monotonic() - start < 0.1
    assert recorder.problem == "the disk is slower than the sensors"
    recorder.close()
    count = len(list(read_events(recorder.path)))
    assert 3 <= count < 30


def test_a_value_of_a_foreign_kind_stops_the_recording_with_its_name(tmp_path):
    recorder = Recorder(tmp_path / "a.mcap", Pilot(Stub()))
    recorder.add(EVERYTHING[0], None)
    recorder.add(Event(1, "lidar", {"ranges": 1}), None)
    recorder.close()
    assert "lidar" in recorder.problem
    assert "dict" in recorder.problem
    assert len(list(read_events(recorder.path))) == 1
