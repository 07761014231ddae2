"""`liquid-control fly`: two processes, real topics, no orphans."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import psutil
import pytest
from liquid_control_sim.flight import fly
from liquid_control_sim.settings import fitted, world_of
from liquid_control_sim.world import World

from liquid_control.pipeline import Pilot
from liquid_control.policy import load_policy
from liquid_control.share import share_file

SEED = 950_100
MODEL = share_file("models/fly_to_target_cfc.onnx")
COMMAND = [sys.executable, "-m", "liquid_control.cli.main"]
FLY = [*COMMAND, "fly", "--model", str(MODEL), "--seed", str(SEED)]
ROVER = share_file("models/rover_to_target_cfc.onnx")


def run(*arguments, code=0):
    done = subprocess.run(
        list(map(str, arguments)), check=False, capture_output=True, text=True, timeout=180
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def flown(tmp_path_factory):
    """Two episodes of the shipped policy over ROS 2, recorded."""
    out = tmp_path_factory.mktemp("fly")
    recording = out / "flight.mcap"
    run(*FLY, "--episodes", 2, "--perturb", "jitter", "--out", out, "--record", recording)
    return out / "latest"


def test_a_run_leaves_a_summary_a_film_and_a_picture(flown):
    summary = json.loads((flown / "summary.json").read_text())
    assert summary["episodes"] == 2
    assert summary["seed"] == SEED
    assert summary["conditions"] == ["jitter"]
    assert [flight["seed"] for flight in summary["flights"]] == [SEED, SEED + 1]
    assert summary["step_latency_ms"]["p50"] > 0
    assert len(summary["model_sha256"]) == 64
    assert (flown / "flight.mp4").stat().st_size > 10_000
    assert (flown / "flight.png").read_bytes().startswith(b"\x89PNG")


def test_flights_over_ros_and_in_process_give_exactly_the_same_commands(flown):
    from liquid_control_sim.conditions import conditioned

    policy = load_policy(MODEL)
    settings = fitted(conditioned(world_of(policy.card.task), "jitter"), policy.card)
    world, pilot = World(settings), Pilot(policy)
    for line in (flown / "episodes.jsonl").open():
        episode = json.loads(line)
        flight = fly(world, pilot, episode["seed"])
        first = np.array(episode["first_commands"], np.float32)
        assert flight.verdict.outcome.value == episode["outcome"]
        assert flight.verdict.time_s == episode["time_s"]
        assert np.array_equal(first, flight.commands[:50])
    world.close()


def test_a_flight_recorded_over_ros_replays_to_identical_commands_in_another_process(flown):
    done = run(*COMMAND, "replay", flown.parent / "flight.mcap", "--json")
    comparison = json.loads(done.stdout)
    assert comparison["flights"] == 2
    assert comparison["steps"] > 40
    assert comparison["different"] == 0
    assert comparison["largest_difference"] == 0


def test_a_recording_is_not_written_over(flown):
    recording = flown.parent / "flight.mcap"
    error = run(*FLY, "--record", recording, code=1).stderr.strip()
    assert error.startswith("error: ")
    assert "\n" not in error


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (("--perturb", "nonsense"), "nonsense"),
        (("--task", "nonsense"), "nonsense"),
        (("--model", "no.onnx"), "no.onnx"),
        (("--world", "no.yaml"), "no.yaml"),
        (("--viewer",), "screen"),
        (("--goal", "red chair"), "takes no orders"),
        (("--model", str(ROVER), "--goal", "pink barrel"), "expected one of red, blue"),
    ],
)
def test_what_cannot_be_flown_is_refused_in_one_line_before_anything_starts(
    tmp_path, options, word
):
    environment = {k: v for k, v in os.environ.items() if "DISPLAY" not in k}
    done = subprocess.run(
        [*FLY, "--out", str(tmp_path / "out"), *options],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
    )
    assert done.returncode == 1
    assert word in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("victim", ["policy_node", "liquid_control_sim.node"])
def test_killing_a_process_ends_the_flight_within_five_seconds_and_leaves_no_orphan(
    victim, tmp_path
):
    with subprocess.Popen(
        [*FLY, "--episodes", "50", "--out", str(tmp_path)], stderr=subprocess.PIPE, text=True
    ) as command:
        children = children_in_flight(command.pid, tmp_path)
        next(c for c in children if victim in " ".join(c.cmdline())).kill()
        killed = time.monotonic()
        assert command.wait(timeout=20) == 1
        assert time.monotonic() - killed < 5.0
        error = command.stderr.read().strip()
    assert error.startswith("error: ")
    assert "\n" not in error
    assert not [c for c in children if c.is_running()]


def test_killing_the_command_itself_leaves_no_orphan(tmp_path):
    with subprocess.Popen([*FLY, "--episodes", "50", "--out", str(tmp_path)]) as command:
        children = children_in_flight(command.pid, tmp_path)
        os.kill(command.pid, signal.SIGKILL)
        command.wait()
    _, alive = psutil.wait_procs(children, timeout=5)
    assert not alive


def children_in_flight(pid, out):
    """Return both child processes once the first episode has been flown."""
    deadline = time.monotonic() + 90
    while not (out / "latest" / "episodes.jsonl").exists():
        assert time.monotonic() < deadline, "no episode was flown in time"
        time.sleep(0.05)
    return psutil.Process(pid).children()
