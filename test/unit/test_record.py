"""Recordings: what a pilot took comes back bit by bit, and flies to the same commands."""

import dataclasses
import errno
import json
import math
import os
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from liquid_control.cli.replay import replay as replay_command
from liquid_control.contract import (
    TICK,
    VELOCITY,
    Event,
    Frame,
    Goal,
    ImuSample,
    Intrinsics,
    Observation,
    PolicyCard,
    Reading,
    goal_input,
    image_input,
    imu_input,
    odometry_input,
    velocity,
)
from liquid_control.errors import LiquidControlError, RecordingError
from liquid_control.pipeline import Pilot
from liquid_control.policy import load_policy
from liquid_control.record import recorder as recorder_module
from liquid_control.record.recorder import Recorder
from liquid_control.record.recording import open_recording, read_events
from liquid_control.record.replay import replay
from liquid_control.safety.faults import Fault, Problem
from liquid_control.safety.limits import Limits
from liquid_control.safety.settings import SafetySettings

MS = 1_000_000
CARD = PolicyCard(
    "stub",
    {
        "image": image_input(),
        "imu": imu_input(),
        "goal": goal_input(("barrel",), ("blue",)),
        "odometry": odometry_input(),
    },
    VELOCITY,
    hidden_size=1,
)


class Stub:
    """Flies forward, always."""

    card = CARD

    def reset(self):
        pass

    def step(self, observation: Observation):
        return velocity(0.3, up_m_s=-0.1)


def flown(recorder, pilot, events):
    """Let a pilot take events, and record them."""
    pilot.reset()
    recorder.begin()
    steps = []
    for event in events:
        step = pilot.take(event)
        recorder.add(event, step)
        steps.append(step)
    return steps


def camera_flight(count=6, start_ms=50, seed=0):
    """Frames and inertial samples as a tiny policy takes them, with a lost and a late one."""
    rng = np.random.default_rng(seed)
    for i in range(count):
        now = (start_ms + 50 * i) * MS
        gyro, acceleration = rng.normal(0, 0.1, 3), (0.0, 0.1, 9.81)
        image = rng.integers(0, 256, (64, 96, 3), np.uint8)
        yield Event(now + 1 * MS, "image", Frame(now, image))
        yield Event(now + 2 * MS, "imu", ImuSample(now, tuple(gyro), acceleration))
        if i == 3:
            yield Event(now + 900 * MS, TICK)


def exact(event):
    """Return an event as bits."""
    value = event.value
    if isinstance(value, Frame):
        value = (
            value.stamp_ns,
            value.image.tobytes(),
            value.image.shape,
            value.frame_id,
            value.intrinsics and struct.pack("4d", *dataclasses.astuple(value.intrinsics)),
        )
    elif isinstance(value, ImuSample):
        numbers = value.gyro_rad_s + value.accelerometer_m_s2
        value = (value.stamp_ns, struct.pack("6d", *numbers))
    elif isinstance(value, Reading):
        value = (value.stamp_ns, np.array(value.values).tobytes())
    return event.now_ns, event.source, type(event.value), value


EVERYTHING = [
    Event(5, TICK),
    Event(10, "imu", ImuSample(9, (0.1, -0.0, 1e-308), (math.nan, math.inf, 9.80665))),
    Event(12, "image", Frame(11, np.full((3, 5, 3), 7, np.uint8), None, "left_optical_frame")),
    Event(12, "image", Frame(12, np.arange(90, dtype=np.uint8).reshape(5, 6, 3),
                             Intrinsics(61.1, 61.2 / 3, 2.5, 1.5), "left_optical_frame")),
    Event(13, "image", Frame(13, np.zeros((2, 4, 3), np.uint8)[:, ::-1])),
    Event(14, "goal", Goal("fire barrel", "blue", "approach")),
    Event(11, "odometry", Reading(10, (0.1, 0.2, 1 / 3, -4.0, 5e300))),
    Event(16, "image", Problem(Fault.CAMERA_INVALID, "encoding 'yuv': expected rgb8")),
    Event(17, "goal", Goal("barrel", "")),
]  # fmt: skip


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


def test_a_replay_of_two_flights_gives_the_same_commands(tmp_path, tiny_policy_path):
    recorder, steps = recorded(tmp_path, tiny_policy_path)
    comparison = replay(open_recording(recorder.path))
    assert comparison.same_model
    assert comparison.flights == 2
    assert comparison.steps == sum(s is not None for s in steps) >= 12
    assert comparison.different == 0
    assert comparison.largest_difference == 0.0


def recorded(tmp_path, model):
    pilot = Pilot(load_policy(model))
    recorder = Recorder(tmp_path / "two.mcap", pilot, model)
    steps = flown(recorder, pilot, camera_flight())
    steps += flown(recorder, pilot, camera_flight(seed=1))
    recorder.close()
    return recorder, steps


def test_a_replay_with_a_reset_left_out_would_be_seen(tmp_path, tiny_policy_path):
    pilot = Pilot(load_policy(tiny_policy_path))
    recorder = Recorder(tmp_path / "a.mcap", pilot, tiny_policy_path)
    flown(recorder, pilot, camera_flight())
    pilot.reset()  # and nothing is told to the recorder
    for event in camera_flight():
        recorder.add(event, pilot.take(event))
    recorder.close()
    comparison = replay(open_recording(recorder.path))
    assert comparison.different > 0
    assert comparison.first.flight == 1


def test_the_command_line_says_that_a_replay_is_the_same(tmp_path, tiny_policy_path):
    recorder, steps = recorded(tmp_path, tiny_policy_path)
    code, data = run_json(recorder.path)
    assert code == 0
    assert data["largest_difference"] == 0
    assert data["steps"] == sum(s is not None for s in steps)
    assert data["first"] is None


def test_a_recorded_command_that_the_same_policy_would_not_give_ends_with_code_1(
    tmp_path, tiny_policy_path
):
    pilot = Pilot(load_policy(tiny_policy_path))
    recorder = Recorder(tmp_path / "a.mcap", pilot, tiny_policy_path)
    recorder.begin()
    for i, event in enumerate(camera_flight()):
        step = pilot.take(event)
        if i == 5:
            first, *others = step.command.values
            forged = dataclasses.replace(step.command, values=(first + 1e-12, *others))
            step = dataclasses.replace(step, command=forged)
        recorder.add(event, step)
    recorder.close()
    code, data = run_json(recorder.path)
    assert code == 1
    assert 0 < data["largest_difference"] < 2e-12
    assert (data["different"], data["first"]["flight"], data["first"]["step"]) == (1, 1, 2)


def test_another_policy_is_compared_and_its_differences_are_no_failure(
    tmp_path, tiny_policy_path, other_policy_path
):
    recorder, _ = recorded(tmp_path, tiny_policy_path)
    code, data = run_json(recorder.path, "--model", str(other_policy_path))
    assert code == 0
    assert not data["same_model"]
    assert data["largest_difference"] > 0
    assert set(data["rms"]) == {"forward_m_s", "left_m_s", "up_m_s", "yaw_rate_rad_s"}


@pytest.fixture(scope="module")
def other_policy_path(tiny_card, tmp_path_factory):
    torch = pytest.importorskip("torch")
    from liquid_control.networks.export import export
    from liquid_control.networks.policy import NetworkConfig, PolicyNetwork

    torch.manual_seed(1)
    settings = {"units": tiny_card.hidden_size, "backbone_units": 24}
    network = PolicyNetwork(NetworkConfig(cell_settings=settings), tiny_card)
    path = tmp_path_factory.mktemp("other") / "other.onnx"
    export(network, tiny_card, path)
    return path


def run_json(*arguments):
    import typer

    app = typer.Typer()
    app.command()(replay_command)
    done = CliRunner().invoke(app, [str(arguments[0]), "--json", *arguments[1:]])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, json.loads(done.stdout)


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


def test_a_recording_without_its_policy_asks_for_one(tmp_path):
    recorder = Recorder(tmp_path / "a.mcap", Pilot(Stub()))
    flown(recorder, Pilot(Stub()), EVERYTHING)
    recorder.close()
    with pytest.raises(LiquidControlError, match="--model"):
        replay(open_recording(recorder.path))


def test_a_policy_with_an_input_that_was_not_recorded_is_refused(tmp_path, tiny_policy_path):
    stub = Stub()
    stub.card = PolicyCard("blind", {"odometry": odometry_input()}, VELOCITY, 1, "odometry")
    recorder = Recorder(tmp_path / "a.mcap", Pilot(stub))
    recorder.close()
    with pytest.raises(LiquidControlError, match="needs the input image, imu"):
        replay(open_recording(recorder.path), tiny_policy_path)


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


KILLED = """
import os, signal, sys
sys.path[:0] = {path!r}
from test_record import Recorder, Pilot, load_policy, camera_flight, flown, Path
model, out = Path(sys.argv[1]), Path(sys.argv[2])
pilot = Pilot(load_policy(model))
recorder = Recorder(out, pilot, model)
flown(recorder, pilot, camera_flight(200))
import time; time.sleep(1.0)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_recording_whose_process_was_killed_replays_up_to_its_last_full_chunk(
    tmp_path, tiny_policy_path
):
    path = tmp_path / "killed.mcap"
    code = KILLED.format(path=[str(Path(__file__).parent)])
    done = subprocess.run(
        [sys.executable, "-c", code, str(tiny_policy_path), str(path)], check=False, timeout=60
    )
    assert done.returncode == -signal.SIGKILL
    recording = open_recording(path)
    assert not recording.whole
    comparison = replay(recording)
    assert 150 < comparison.steps < 210
    assert comparison.different == 0


def test_a_recording_cut_anywhere_replays_without_a_difference(
    tmp_path, tiny_policy_path, monkeypatch
):
    """A chunk a message: an event may be whole whose decision is lost."""
    monkeypatch.setattr(recorder_module, "CHUNK_BYTES", 1)
    pilot = Pilot(load_policy(tiny_policy_path))
    recorder = Recorder(tmp_path / "a.mcap", pilot, tiny_policy_path)
    flown(recorder, pilot, camera_flight(3))
    recorder.close()
    data = recorder.path.read_bytes()
    start = data.index(b"/pilot/command")
    for end in range(start, data.index(b"/pilot/command", start + 1) - 1000, 400):
        recorder.path.write_bytes(data[:end])
        recording = open_recording(recorder.path)
        assert not recording.whole
        assert replay(recording).different == 0
