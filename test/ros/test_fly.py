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
from liquid_control_sim.flight import PilotAct, fly
from liquid_control_sim.world import World

from liquid_control.pipeline import Pilot
from liquid_control.runtime import load_policy
from liquid_control.share import share_file

SEED = 900_100
MODEL = share_file("models/fly_to_target_cfc.onnx")
FLY = [sys.executable, "-m", "liquid_control.cli.main", "fly", "--seed", str(SEED)]


@pytest.fixture(scope="module")
def flown(tmp_path_factory):
    """Two episodes of the shipped policy over ROS 2."""
    out = tmp_path_factory.mktemp("fly")
    done = subprocess.run(
        [*FLY, "--episodes", "2", "--out", str(out)],
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return out / "latest"


def test_a_run_leaves_a_summary_a_film_and_a_picture(flown):
    summary = json.loads((flown / "summary.json").read_text())
    assert set(summary) == {
        "episodes",
        "successes",
        "collisions",
        "success_interval",
        "time_to_target_s",
        "step_latency_ms",
        "real_time_factor",
        "wall_s",
        "model_sha256",
        "seed",
    }
    assert summary["episodes"] == 2
    assert summary["seed"] == SEED
    assert summary["step_latency_ms"]["p50"] > 0
    assert (flown / "flight.mp4").stat().st_size > 10_000
    assert (flown / "flight.png").read_bytes().startswith(b"\x89PNG")


def test_flights_over_ros_and_in_process_end_alike_and_give_the_same_commands(flown):
    world, act = World(), PilotAct(Pilot(load_policy(MODEL)))
    over_ros = [json.loads(line) for line in (flown / "episodes.jsonl").open()]
    for episode in over_ros:
        act.reset()
        flight = fly(world, act, episode["seed"])
        first = np.array(episode["first_commands"])
        assert flight.outcome.value == episode["outcome"]
        assert np.abs(first - flight.commands[:50]).max() <= 1e-5
    world.close()


@pytest.mark.parametrize("victim", ["policy_node", "liquid_control_sim.node"])
def test_killing_a_process_ends_the_flight_within_five_seconds_and_leaves_no_orphan(
    victim, tmp_path
):
    with subprocess.Popen(
        [*FLY, "--episodes", "50", "--out", str(tmp_path)], stderr=subprocess.PIPE, text=True
    ) as command:
        children = _children_in_flight(command.pid, tmp_path)
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
        children = _children_in_flight(command.pid, tmp_path)
        os.kill(command.pid, signal.SIGKILL)
        command.wait()
    _, alive = psutil.wait_procs(children, timeout=5)
    assert not alive


def _children_in_flight(pid, out):
    """Return both child processes once the first episode has been flown."""
    deadline = time.monotonic() + 60
    while not (out / "latest" / "episodes.jsonl").exists():
        assert time.monotonic() < deadline, "no episode was flown in a minute"
        time.sleep(0.05)
    return psutil.Process(pid).children()
