"""What `liquid-control new` writes works as it is."""

import math
import py_compile
from pathlib import Path

import pytest
from liquid_control_sim.conditions import CONDITIONS, conditioned
from liquid_control_sim.evaluation import evaluate
from liquid_control_sim.settings import from_data, to_data, world_of
from liquid_control_sim.tasks import Outcome
from liquid_control_sim.world import World

from liquid_control.contract import velocity

SEED = 950_000
TURN = 2 * math.pi
KINDS = ["cell", "condition", "scenery", "sensor", "task", "vehicle"]


@pytest.fixture
def new(command, tmp_path):
    """``new(kind)``: write it, and return ``path:Class`` of it."""

    def write(kind):
        code, said, _ = command("new", kind, "blue_heron", "--out", tmp_path / "mine")
        assert code == 0, said
        return f"{tmp_path / 'mine' / 'blue_heron.py'}:BlueHeron"

    return write


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_the_example_is_left_in_a_new_file(new, kind):
    path = new(kind).rpartition(":")[0]
    py_compile.compile(path, doraise=True)
    text = Path(path).read_text()
    assert "class BlueHeron" in text
    assert not [word for word in (f"my_{kind}", f"My{kind.capitalize()}") if word in text]


def test_a_file_that_is_there_is_kept(command, new, tmp_path):
    path = Path(new("task").rpartition(":")[0])
    path.write_text("the work of a week")
    code, _, error = command("new", "task", "blue_heron", "--out", tmp_path / "mine")
    assert code != 0
    assert "is there already" in error
    assert path.read_text() == "the work of a week"


def test_a_new_task_is_flown_by_its_own_expert_in_other_processes_too(new):
    world = world_of(new("task"))
    summary = evaluate("expert", 4, seed=SEED, world=world, workers=1)
    assert summary.successes == 4
    assert evaluate("hover", 1, seed=SEED, world=world, runner="inline").timeouts == 1


def test_a_new_task_ends_where_its_post_is_touched(new):
    world = World(world_of(new("task"), {"task": {"hold_s": 30.0}, "wind": None}))
    world.reset(SEED)
    post = world.layout.places["post"]
    while world.verdict is None:
        truth = world.truth()
        x_m, y_m, _ = truth.position_m
        bearing = math.remainder(math.atan2(post.y_m - y_m, post.x_m - x_m) - truth.yaw_rad, TURN)
        world.advance(velocity(0.8 * (abs(bearing) < 0.3), yaw_rate_rad_s=1.2 * bearing))
    world.close()
    assert (world.verdict.outcome, world.verdict.touched) == (Outcome.COLLISION, "post")


def test_a_new_task_is_trained_by_its_yaml_and_its_policy_flies(command, new, tmp_path):
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    task = new("task")
    small = [
        "collect.expert_flights=2", "collect.dagger_rounds=0", "collect.validation_flights=1",
        "optimizer.epochs=1", "optimizer.precision=float32", "network.cell_settings.units=8",
        "score.episodes=1", "score.suites=[none]", "world.task.time_limit_s=1.0", "callbacks=[]",
    ]  # fmt: skip
    code, said, error = command(
        "train", tmp_path / "mine" / "blue_heron.yaml", "--out", tmp_path / "run",
        *(part for change in small for part in ("--set", change)),
    )  # fmt: skip
    assert code == 0, said + error
    policy = tmp_path / "run" / "blue_heron.onnx"
    summary = evaluate(policy, 1, seed=SEED, runner="inline")
    assert summary.task == task
    assert summary.trained is True
    windy = evaluate(policy, 1, seed=SEED, conditions=["wind"], runner="inline")
    assert windy.trained is False
    assert "wind.mean_m_s" in windy.outside


def test_a_new_condition_changes_the_world(new):
    name = new("condition")
    world = world_of()
    assert conditioned(world, name).scenery["light"].brightness == (0.3, 0.5)
    assert (CONDITIONS.get(name).__doc__ or "").strip()


def test_a_new_sensor_is_read_and_a_new_vehicle_and_scenery_fly_and_stand(new, tmp_path):
    """All in one world, which goes to workers as data."""
    for kind in ("sensor", "vehicle", "scenery"):
        (tmp_path / "mine" / "blue_heron.py").unlink(missing_ok=True)
        path = new(kind).rpartition(":")[0]
        (tmp_path / f"{kind}.py").write_text(Path(path).read_text())
    changes = {
        "sensors": {"height": {"name": f"{tmp_path / 'sensor.py'}:BlueHeron"}},
        "vehicle": {"name": f"{tmp_path / 'vehicle.py'}:BlueHeron"},
        "scenery": {"crates": {"name": f"{tmp_path / 'scenery.py'}:BlueHeron"}},
    }
    world = world_of(changes=changes)
    assert from_data(to_data(world)) == world
    path = tmp_path / "check.py"
    path.write_text(
        "def make(card):\n"
        "    def fly(observation):\n"
        "        assert 0.5 < observation.values['height'][0] < 2.6\n"
        "        return card.command.rest\n"
        "    return fly\n"
    )
    world = world_of(changes={**changes, "task": {"time_limit_s": 2.0}})
    assert evaluate(f"{path}:make", 2, seed=SEED, world=world, runner="inline").timeouts == 2
    assert evaluate("expert", 2, seed=SEED, world=world_of(changes=changes)).successes == 2


def test_a_new_cell_steps_as_it_scans(new):
    torch = pytest.importorskip("torch")
    from liquid_control.networks.cells import make_cell

    torch.manual_seed(0)
    cell = make_cell(new("cell"), 5, units=7)
    xs, dts = torch.randn(2, 4, 5), torch.rand(2, 4, 1) + 0.5
    ys, last = cell.scan(xs, cell.initial_state(2), dts)
    state = cell.initial_state(2)
    for t in range(4):
        y, state = cell.step(xs[:, t], state, dts[:, t])
        assert torch.allclose(y, ys[:, t])
    assert torch.allclose(state, last)
    assert not torch.allclose(cell.step(xs[:, 0], last, dts[:, 0])[0], ys[:, 0])
