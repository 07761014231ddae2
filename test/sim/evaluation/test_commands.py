"""The commands around evaluation: what they print, write and refuse."""

import json

import pytest
import yaml
from liquid_control_sim.conditions import CONDITIONS
from liquid_control_sim.evaluation import load_summary
from liquid_control_sim.settings import load_world, world_of
from liquid_control_sim.tasks import TASKS

SEED = 950_000


@pytest.fixture
def short(tmp_path):
    """A world in which a flight is over soon."""
    path = tmp_path / "short.yaml"
    path.write_text("task: {time_limit_s: 0.5}\n")
    return path


def test_evaluate_writes_its_result_with_every_flight(command, short, tmp_path):
    out = tmp_path / "deep" / "result.json"
    code, said, _ = command(
        "evaluate", "hover", "--world", short, "--perturb", "{name: wind, mean_m_s: [6, 7]}",
        "--rate", 10, "--jitter", "--episodes", 2, "--seed", SEED, "--runner", "inline",
        "--json", out,
    )  # fmt: skip
    summary = load_summary(out)
    assert code == 0
    assert "0 of 2" in said
    assert summary.conditions == ("wind (mean_m_s [6, 7])", "jitter", "rate (rate_hz 10.0)")
    assert summary.world["wind"]["mean_m_s"] == [6.0, 7.0]
    assert summary.world["sensors"]["image"]["rate_hz"] == [10.0, 10.0]
    assert [flight.seed for flight in summary.flights] == [SEED, SEED + 1]


def test_failures_are_filmed_and_drawn_and_successes_are_not(command, short, tmp_path):
    out = tmp_path / "films"
    arguments = ["--world", short, "--episodes", 3, "--seed", SEED, "--runner", "inline"]
    code, _, _ = command("evaluate", "hover", *arguments, "--film-failures", 2, "--out", out)
    assert code == 0
    assert sorted(path.name for path in out.iterdir()) == [
        f"timeout_{seed}.{suffix}" for seed in (SEED, SEED + 1) for suffix in ("mp4", "png")
    ]


def test_compare_pairs_what_evaluate_wrote(command, short, tmp_path):
    paths = [tmp_path / "a.json", tmp_path / "b.json"]
    for path in paths:
        command(
            "evaluate", "hover", "--world", short, "--episodes", 2, "--seed", SEED, "--runner",
            "inline", "--json", path,
        )  # fmt: skip
    out = tmp_path / "compared.json"
    code, said, _ = command("compare", *paths, "--json", out)
    assert code == 0
    assert "p = 1" in said
    assert json.loads(out.read_text())["neither"] == 2


def test_compare_flies_two_policies_on_the_same_seeds(command, short):
    code, said, _ = command(
        "compare", "hover", "expert", "--world", short, "--episodes", 2, "--seed", SEED,
        "--runner", "inline",
    )  # fmt: skip
    assert code == 0
    assert "2 seeds that both have flown" in " ".join(said.split())


def test_a_result_is_not_compared_with_a_policy(command):
    code, _, error = command("compare", "a.json", "hover")
    assert code != 0
    assert error.startswith("error: expected two .json files or two policies")


def test_the_world_of_a_task_is_printed_as_it_can_be_read_again(command, tmp_path):
    path = tmp_path / "world.yaml"
    assert command("world", "fly_to_target", "--out", path)[0] == 0
    assert load_world(path) == world_of("fly_to_target")
    _, said, _ = command("world", "fly_to_target", "--perturb", "wind")
    assert yaml.safe_load(said)["wind"]["mean_m_s"] == [5.0, 8.0]


def test_every_task_and_every_condition_has_a_line(command):
    for name, registry in (("tasks", TASKS), ("conditions", CONDITIONS)):
        code, said, _ = command(name)
        rows = {row.split("│")[1].strip(): row.split("│")[2] for row in said.splitlines()[1:-1]}
        assert code == 0
        assert set(registry.names()) <= set(rows)
        assert all(rows[entry].strip() for entry in registry.names())


def test_conditions_of_a_task_are_those_that_its_world_can_be_put_under(command, tmp_path):
    path = tmp_path / "blind.py"
    path.write_text(
        "from liquid_control_sim.tasks.fly_to_target import FlyToTarget\n"
        "class Blind(FlyToTarget, frozen=True):\n"
        "    def world(self):\n"
        "        return {**super().world(), 'sensors': {'imu': {'name': 'imu'}}}\n"
    )
    _, said, _ = command("conditions", "--task", f"{path}:Blind")
    assert "wind" in said
    assert "blackout" not in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["evaluate", "hover", "--task", "juggle"], "unknown task 'juggle'"),
        (["evaluate", "hover", "--perturb", "earthquake"], "unknown condition 'earthquake'"),
        (["evaluate", "hover", "--perturb", "{wind: 3}"], "add the name"),
        (["evaluate", "hover", "--perturb", "{name: wind"], "condition {name: wind"),
        (["evaluate", "hover", "--perturb", "{name: wind, mean: 3}"], "unknown field 'mean'"),
        (["evaluate", "hover", "--world", "no_such.yaml"], "no_such.yaml"),
        (["evaluate", "hover", "--runner", "cloud"], "unknown runner 'cloud'"),
        (["evaluate", "no_such.onnx"], "no_such.onnx"),
        (["evaluate", "no_such.py:make"], "no_such.py is not there"),
        (["evaluate", "hover", "--episodes", "0"], "--episodes"),
        (["compare", "no_such.json", "other.json"], "no_such.json"),
        (["conditions", "--task", "juggle"], "unknown task 'juggle'"),
        (["world", "juggle"], "unknown task 'juggle'"),
        (["new", "dragon", "smaug"], "unknown kind 'dragon'"),
        (["new", "task", "My-Task"], "words_like_these"),
    ],
)
def test_a_mistake_is_one_line_and_an_exit_code(command, arguments, words, tmp_path):
    code, _, error = command(*arguments)
    assert code != 0
    assert error.startswith("error: ")
    assert words in error
    assert error.count("\n") == 1
