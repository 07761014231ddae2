"""A recording flown again gives the same decisions, and another policy's are compared."""

import dataclasses
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from recordings import EVERYTHING, Stub, camera_flight, flown, recorded
from typer.testing import CliRunner

from liquid_control.cli.replay import replay as replay_command
from liquid_control.contract import (
    VELOCITY,
    PolicyCard,
    odometry_input,
)
from liquid_control.errors import LiquidControlError
from liquid_control.pipeline import Pilot
from liquid_control.policy import load_policy
from liquid_control.record import recorder as recorder_module
from liquid_control.record.recorder import Recorder
from liquid_control.record.recording import open_recording
from liquid_control.record.replay import replay


def test_a_replay_of_two_flights_gives_the_same_commands(tmp_path, tiny_policy_path):
    recorder, steps = recorded(tmp_path, tiny_policy_path)
    comparison = replay(open_recording(recorder.path))
    assert comparison.same_model
    assert comparison.flights == 2
    assert comparison.steps == sum(s is not None for s in steps) >= 12
    assert comparison.different == 0
    assert comparison.largest_difference == 0.0


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


KILLED = """
import os, signal, sys
sys.path[:0] = {path!r}
from pathlib import Path
from liquid_control.pipeline import Pilot
from liquid_control.policy import load_policy
from liquid_control.record.recorder import Recorder
from recordings import camera_flight, flown
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
    code = KILLED.format(path=[str(Path(__file__).parents[1])])
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
