"""Task, vehicle, sensor, cell, encoder, condition and platform from files outside the package.

They are trained and flown by the same commands as what is shipped: no package file is touched.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

OUTSIDE = Path(__file__).parents[1] / "outside"
COMMAND = [sys.executable, "-m", "liquid_control.cli.main"]
TASK = f"{OUTSIDE / 'homing.py'}:Homing"


def run(*arguments, **environment):
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
        env=os.environ | environment,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    """A policy of outside parts, trained for less than two minutes."""
    folder = tmp_path_factory.mktemp("outside")
    config = {
        "name": "homing",
        "task": TASK,
        "inputs": ["beacon"],
        "network": {
            "cell": f"{OUTSIDE / 'leaky.py'}:Leaky",
            "encoders": {"beacon": {"name": f"{OUTSIDE / 'bearing.py'}:Bearing"}},
        },
        "collect": {"expert_flights": 48, "dagger_rounds": 1, "dagger_flights": 16},
        "optimizer": {"epochs": 30, "epochs_per_round": 10, "learning_rate": 1e-2},
        "score": {"episodes": 4, "suites": ["none", f"{OUTSIDE / 'static.py'}:Static"]},
    }
    path = folder / "homing.yaml"
    path.write_text(yaml.safe_dump(config))
    run("train", path, "--out", folder / "run")
    return folder / "run" / "homing.onnx"


def test_a_run_keeps_the_score_under_an_outside_condition_in_its_own_folder(policy):
    kept = {path.name.partition("_")[0] for path in (policy.parent / "scores").iterdir()}
    assert kept == {"none", "static.py:Static"}


def test_parts_from_outside_train_to_a_policy_that_flies(policy, tmp_path):
    run("evaluate", policy, "--episodes", 12, "--seed", 950_000, "--json", tmp_path / "a.json")
    assert json.loads((tmp_path / "a.json").read_text())["successes"] >= 11


def test_a_condition_from_outside_is_flown_by_its_path(policy, tmp_path):
    condition = f"{OUTSIDE / 'static.py'}:Static"
    run(
        *("evaluate", policy, "--episodes", 6, "--seed", 950_000),
        *("--perturb", condition, "--json", tmp_path / "b.json"),
    )
    summary = json.loads((tmp_path / "b.json").read_text())
    assert summary["episodes"] == 6
    assert summary["trained"] is False


def test_the_card_names_the_parts_that_it_was_made_of(policy):
    from liquid_control.policy import load_policy

    card = load_policy(policy).card
    assert card.task == TASK
    assert card.network["cell"].endswith("leaky.py:Leaky")
    assert card.inputs["beacon"].settings["fields"] == ["ahead_m", "aside_m"]


def test_a_platform_from_outside_carries_the_commands_of_a_flight_over_ros(policy, tmp_path):
    run(
        *("fly", "--model", policy, "--episodes", 2, "--seed", 950_000, "--out", tmp_path),
        *("--platform", f"{OUTSIDE / 'courier.py'}:Courier"),
        COURIER_LOG=str(tmp_path / "carried"),
        ROS_DOMAIN_ID="99",
    )
    episodes = [json.loads(line) for line in (tmp_path / "latest/episodes.jsonl").open()]
    assert [e["outcome"] for e in episodes] == ["success", "success"]
    flown = sum(len(e["first_commands"]) for e in episodes)
    assert len((tmp_path / "carried").read_text().splitlines()) >= flown > 20
