"""A suite flies every task under every condition, goes on where it was stopped, and is counted."""

import json

import pytest
from liquid_control_sim.conditions import CONDITIONS
from liquid_control_sim.evaluation import SuiteOrder, fly_suite, results
from liquid_control_sim.evaluation.results import LeftOut, count
from liquid_control_sim.evaluation.suites import SUITES
from liquid_control_sim.evaluation.summary import FlightResult
from liquid_control_sim.tasks import TASKS, Outcome

from liquid_control.errors import ConfigError
from liquid_control.share import share_file

MODEL = str(share_file("models/fly_to_target_cfc.onnx"))
SEED = 950_000
KEYS = {
    "model", "model_sha256", "task", "condition", "episodes", "successes", "collisions",
    "timeouts", "astray", "success_interval", "time_to_target_s", "trained", "outside",
    "touched", "difficulty",
}  # fmt: skip


@pytest.fixture
def short(tmp_path):
    """A task whose flights are over soon."""
    path = tmp_path / "short.py"
    path.write_text(
        "from liquid_control_sim.tasks.fly_to_target import FlyToTarget\n"
        "class Short(FlyToTarget, frozen=True):\n"
        "    time_limit_s: float = 0.5\n"
    )
    return f"{path}:Short"


def ordered(task, *models, conditions=("none", "wind"), episodes=3):
    return SuiteOrder("flight", models or ("hover",), (task,), conditions, episodes, SEED)


def flown_in(folder, order, **more):
    return fly_suite(order, folder, runner="inline", **more)


def seeds_of(flown):
    return [[f.flight.seed for f in part.flights] for part in flown.cells]


def test_the_suite_flight_names_what_there_is():
    suite = SUITES.get("flight")()
    assert set(suite.tasks) <= set(TASKS.names())
    assert set(suite.conditions) <= set(CONDITIONS.names())
    assert suite.conditions[0] == "none"


def test_every_cell_is_flown_on_the_same_seeds(short, tmp_path):
    flown = flown_in(tmp_path / "out", ordered(short, "hover", "expert"))
    cells = [(part.cell.model, part.cell.condition) for part in flown.cells]
    assert cells == [(m, c) for c in ("none", "wind") for m in ("hover", "expert")]
    assert seeds_of(flown) == [[SEED, SEED + 1, SEED + 2]] * 4


def test_a_world_of_ones_own_is_that_of_every_task(tmp_path):
    world = tmp_path / "short.yaml"
    world.write_text("task: {time_limit_s: 0.5}\n")
    tasks = ("fly_to_target", "find")
    order = SuiteOrder("flight", ("hover",), tasks, ("none",), 1, SEED, world)
    flown = flown_in(tmp_path / "out", order)
    ends = [(part.cell.task, part.flights[0].flight.time_s) for part in flown.cells]
    assert ends == [(task, 0.5) for task in tasks]


def test_a_suite_that_was_stopped_half_way_goes_on(short, tmp_path):
    order = ordered(short)

    def stop(done, total):
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        flown_in(tmp_path / "out", order, on_flight=stop)
    told = []
    flown = flown_in(tmp_path / "out", order, on_flight=lambda *said: told.append(said))
    assert told == [(4, 6), (5, 6), (6, 6)]
    assert flown.cells == flown_in(tmp_path / "elsewhere", order).cells


def test_a_line_that_was_cut_off_is_flown_again(short, tmp_path):
    order = ordered(short, conditions=("none",))
    whole = flown_in(tmp_path / "out", order)
    (file,) = (tmp_path / "out").iterdir()
    file.write_bytes(file.read_bytes()[:-20])
    told = []
    again = flown_in(tmp_path / "out", order, on_flight=lambda *said: told.append(said))
    assert told == [(2, 3), (3, 3)]
    assert again == whole
    assert flown_in(tmp_path / "out", order, on_flight=lambda *said: told.append(said)) == whole
    assert told[-1] == (3, 3)


def test_more_flights_of_the_same_cells_keep_the_old_ones(short, tmp_path):
    flown_in(tmp_path / "out", ordered(short, episodes=2))
    told = []
    flown_in(tmp_path / "out", ordered(short, episodes=3), on_flight=lambda *s: told.append(s))
    assert told[0] == (4, 6)


def test_what_was_flown_with_another_policy_or_task_is_not_taken(short, tmp_path):
    mine = tmp_path / "mine.py"
    mine.write_text("def make(card):\n    return lambda seen: card.command.rest\n")
    order = ordered(short, f"{mine}:make", conditions=("none",))
    told = []

    def fly():
        told.clear()
        flown_in(tmp_path / "out", order, on_flight=lambda *said: told.append(said))
        return told[0]

    assert [fly(), fly()] == [(0, 3), (3, 3)]
    mine.write_text(mine.read_text() + "# another policy\n")
    assert [fly(), fly()] == [(0, 3), (3, 3)]
    task = tmp_path / "short.py"
    task.write_text(task.read_text() + "# another task\n")
    assert fly() == (0, 3)


def test_a_condition_that_a_task_does_not_have_is_left_out_and_named(tmp_path):
    order = ordered("rover_to_target", conditions=("none", "high"), episodes=1)
    flown = flown_in(tmp_path, order)
    assert [part.cell.condition for part in flown.cells] == ["none"]
    (left,) = results(flown).left_out
    assert (left.model, left.task, left.condition) == ("", "rover_to_target", "high")
    assert "start_height_m" in left.why


def test_a_policy_that_does_not_fit_a_task_is_left_out_and_named(short, tmp_path):
    rover = str(share_file("models/rover_to_target_cfc.onnx"))
    flown = flown_in(tmp_path / "out", ordered(short, rover, "hover", conditions=("none",)))
    assert [part.cell.model for part in flown.cells] == ["hover"]
    (left,) = flown.left_out
    assert (left.model, left.task, left.condition) == (rover, short, "none")
    assert "orders" in left.why


def test_a_baseline_that_does_not_fit_is_left_out_once_it_would_fly(tmp_path):
    task = tmp_path / "blind.py"
    task.write_text(
        "from liquid_control_sim.tasks.fly_to_target import FlyToTarget\n"
        "class Blind(FlyToTarget, frozen=True):\n"
        "    time_limit_s: float = 0.5\n"
        "    def world(self):\n"
        "        return {**super().world(), 'sensors': {'imu': {'name': 'imu'}}}\n"
    )
    order = ordered(f"{task}:Blind", "servo", "hover", conditions=("none",), episodes=2)
    flown = flown_in(tmp_path / "out", order)
    assert [part.cell.model for part in flown.cells] == ["hover"]
    (left,) = flown.left_out
    assert left == LeftOut("servo", f"{task}:Blind", "none", left.why)
    assert "needs an image" in left.why


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (SuiteOrder("juggling", ("hover",)), "unknown suite"),
        (SuiteOrder("flight", ("hover",), ("juggle",)), "unknown task"),
        (SuiteOrder("flight", ("hover",), ("find",), ("quake",)), "unknown condition"),
    ],
)
def test_an_unknown_name_is_no_cell_that_is_left_out(order, words, tmp_path):
    with pytest.raises(ConfigError, match=words):
        flown_in(tmp_path, order)


def test_the_rows_say_what_was_flown_how_it_ended_and_whether_training_saw_it(tmp_path, command):
    out = tmp_path / "results.json"
    code, said, _ = command(
        "evaluate", MODEL, "--suite", "flight", "--tasks", "fly_to_target", "--conditions",
        "none,mass,distractors", "--baselines", "--episodes", 1, "--seed", SEED, "--runner",
        "inline", "--out", tmp_path / "kept", "--json", out,
    )  # fmt: skip
    found = json.loads(out.read_text())
    assert code == 0
    assert set(found) == {"suite", "seed", "tasks", "conditions", "rows", "left_out"}
    rows = {(row["model"], row["condition"]): row for row in found["rows"]}
    assert set(rows) == {
        (model, condition)
        for model in (MODEL, "hover", "expert", "servo")
        for condition in ("none", "mass")
    }
    assert all(set(row) == KEYS for row in found["rows"])
    assert rows[MODEL, "none"]["trained"] is True
    assert rows[MODEL, "mass"]["outside"] == ["vehicle.mass"]
    assert rows["expert", "none"]["successes"] == 1
    assert rows["hover", "none"]["timeouts"] == 1
    assert rows["hover", "none"]["trained"] is None
    assert rows[MODEL, "none"]["difficulty"]["apparent_size_deg"] > 1
    assert [cell["condition"] for cell in found["left_out"]] == ["distractors"]
    assert "not flown: distractors: fly_to_target: " in said


def test_a_row_counts_every_end_and_the_kinds_that_were_hit(tmp_path):
    ends = [
        (Outcome.SUCCESS, 4.0, ""),
        (Outcome.SUCCESS, 6.0, ""),
        (Outcome.COLLISION, 1.0, "tree_3"),
        (Outcome.COLLISION, 1.0, "tree_11"),
        (Outcome.COLLISION, 1.0, "ground"),
        (Outcome.TIMEOUT, 20.0, ""),
        (Outcome.ASTRAY, 3.0, ""),
    ]
    flights = [FlightResult(i, *end) for i, end in enumerate(ends)]
    what = {"model": "m", "model_sha256": "", "task": "t", "condition": "c"}
    row = count(flights, **what, trained=None, outside=(), difficulty=None)
    assert (row.episodes, row.successes, row.collisions) == (7, 2, 3)
    assert (row.timeouts, row.astray) == (1, 1)
    assert row.touched == {"tree": 2, "ground": 1}
    assert row.time_to_target_s == 5.0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["hover", "expert"], "--suite"),
        (["hover", "--tasks", "find"], "--tasks needs --suite"),
        (["hover", "--html", "page.html"], "--html needs --suite"),
        (["hover", "--suite", "flight", "--task", "find"], "--task does not go with --suite"),
        (["hover", "--suite", "flight", "--rate", "10"], "--rate does not go with --suite"),
    ],
)
def test_options_of_the_other_form_are_refused(arguments, words, command):
    code, _, error = command("evaluate", *arguments)
    assert code != 0
    assert words in error and error.count("\n") == 1
