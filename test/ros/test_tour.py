"""`liquid-control tour`, and orders on the command line: over real topics, in one film."""

import json
import subprocess
import sys

import pytest

from liquid_control.share import share_file

SEED = 950_200
COMMAND = [sys.executable, "-m", "liquid_control.cli.main"]
FLYER = share_file("models/fly_to_target_cfc.onnx")
ROVER = share_file("models/rover_to_target_cfc.onnx")
TASKS = """
from liquid_control_sim.tasks.find import Find
from liquid_control_sim.tasks.fly_to_target import FlyToTarget

class Near(FlyToTarget, frozen=True):
    target_distance_m: tuple[float, float] = (3.0, 3.5)

class Short(Find, frozen=True):
    time_limit_s: float = 0.5
"""


def run(*arguments):
    command = [*COMMAND, *map(str, arguments), "--seed", str(SEED)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=400)


@pytest.fixture(scope="module")
def toured(tmp_path_factory):
    """A tour of two tasks of one's own, the second of which nobody can do; and its folder."""
    folder = tmp_path_factory.mktemp("tour")
    (folder / "own.py").write_text(TASKS)
    tasks = f"{folder}/own.py:Near,{folder}/own.py:Short"
    done = run("tour", "--model", FLYER, "--tasks", tasks, "--episodes", 2, "--out", folder)
    assert "Traceback" not in done.stderr, done.stderr
    return done, folder / "latest"


def test_a_tour_flies_every_task_over_the_same_topics_and_counts_each(toured):
    done, folder = toured
    summaries = json.loads((folder / "summary.json").read_text())
    assert [s["task"].rpartition(":")[2] for s in summaries] == ["Near", "Short"]
    assert [(s["successes"], s["timeouts"]) for s in summaries] == [(2, 0), (0, 2)]
    seeds = [flight["seed"] for s in summaries for flight in s["flights"]]
    assert seeds == [SEED, SEED + 1, SEED + 2, SEED + 3]
    lines = [json.loads(line) for line in (folder / "episodes.jsonl").open()]
    assert lines[0]["orders"] == ["approach red chair"]
    assert len(lines[2]["orders"]) == 1
    assert "2 of 2" in done.stdout
    assert "0 of 2" in done.stdout


def test_a_tour_of_which_too_much_fails_ends_with_code_1(toured):
    done, _ = toured
    assert done.returncode == 1
    assert "fewer than 60%" in done.stdout


def test_a_tour_is_one_film_and_one_picture(toured):
    _, folder = toured
    films = [folder / f"{name}.mp4" for name in ("1_Near", "2_Short", "tour")]
    sizes = [film.stat().st_size for film in films]
    assert sizes[2] == pytest.approx(sizes[0] + sizes[1], rel=0.1)
    assert (folder / "tour.png").read_bytes().startswith(b"\x89PNG")


def test_tasks_for_other_vehicles_are_refused_before_anything_starts(tmp_path):
    out = tmp_path / "out"
    done = run("tour", "--model", FLYER, "--tasks", "find,rover_to_target", "--out", out)
    assert done.returncode == 1
    assert "tasks of one vehicle" in done.stderr
    assert not out.exists()


def test_a_persons_order_is_flown_over_ros(tmp_path):
    done = run(
        "fly", "--model", ROVER, "--goal", "blue barrel", "--episodes", 1, "--out", tmp_path
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (line,) = (tmp_path / "latest" / "episodes.jsonl").open()
    flown = json.loads(line)
    assert flown["orders"] == ["approach blue barrel"]
    assert flown["outcome"] == "success"
