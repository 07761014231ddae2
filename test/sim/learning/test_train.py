"""A whole training, small: every stage for real."""

import json

import msgspec
import pytest
import torch
from liquid_control_sim.learning.clone import Fit
from liquid_control_sim.learning.config import (
    CollectConfig,
    OptimizerConfig,
    ScoreConfig,
    TrainConfig,
)
from liquid_control_sim.learning.plan import plan
from liquid_control_sim.learning.store import Recordings, StoreError, row_dtype
from liquid_control_sim.learning.train import train

from liquid_control.errors import ConfigError
from liquid_control.networks.policy import NetworkConfig
from liquid_control.policy import verify

TASK = "fly_to_target"
SMALL = TrainConfig(
    name="small",
    world={"task": {"time_limit_s": 1.5}},
    network=NetworkConfig(
        cell_settings={"units": 8, "backbone_units": 8}, encoders={"image": {"features": 8}}
    ),
    collect=CollectConfig(
        expert_flights=4, dagger_rounds=1, dagger_flights=2, validation_flights=2
    ),
    optimizer=OptimizerConfig(epochs=2, epochs_per_round=1, lanes=2, chunk=12),
    score=ScoreConfig(episodes=2, suites=("none",)),
)


def replace(config, **parts):
    """Return a configuration with some fields of some parts changed."""
    return msgspec.structs.replace(
        config,
        **{
            p: msgspec.structs.replace(getattr(config, p), **fields) for p, fields in parts.items()
        },
    )


@pytest.fixture(scope="module")
def trained(in_this_process, short_export, tmp_path_factory, silent):
    """A finished run whose expert's flights are shared."""
    folder = tmp_path_factory.mktemp("train")
    policy = train(SMALL, folder / "run", silent(), folder / "flights")
    return policy, folder / "run", folder / "flights"


def test_a_run_ends_in_a_verified_and_scored_policy(trained):
    policy, _, _ = trained
    card = verify(policy).policy.card
    assert (card.name, card.task) == ("small", "fly_to_target")
    assert card.network["cell_settings"] == {"units": 8, "backbone_units": 8}
    assert [(s.suite, s.episodes) for s in card.scores] == [("none", 2)]


def test_the_card_holds_the_configuration_and_the_whole_world_that_was_trained_in(trained):
    training = verify(trained[0]).policy.card.training
    assert training["seed"] == 0
    assert training["config"]["collect"]["expert_flights"] == 4
    world = plan(SMALL).recipes[TASK].world
    assert training["config"]["worlds"] == [json.loads(json.dumps(world))]
    assert world["task"]["time_limit_s"] == 1.5


def test_the_run_directory_holds_configuration_versions_curves_and_flights(trained):
    _, run, flights = trained
    assert "dagger_rounds: 1" in (run / "config.yaml").read_text()
    assert set(json.loads((run / "versions.json").read_text())) >= {"torch", "mujoco", "python"}
    assert list((run / "tensorboard").rglob("events.*"))
    assert len(list((run / "flights" / "round_1").rglob("*.npy"))) == 2
    assert len(list(flights.glob("*/*.npy"))) == 6


def test_the_card_names_the_data_by_its_digest(trained):
    policy, run, flights = trained
    lessons = plan(SMALL)
    expert = flights / lessons.recipes[TASK].digest()
    paths = [expert / f"{seed}.npy" for seed in lessons.stages[0][TASK]]
    corrected = run / "flights" / "round_1" / TASK
    paths += [corrected / f"{seed}.npy" for seed in lessons.stages[1][TASK]]
    found = Recordings(paths, row_dtype(lessons.card)).sha256()
    assert verify(policy).policy.card.training["data_sha256"] == found


def test_a_second_run_flies_none_of_the_shared_flights_again(trained, tmp_path, silent):
    _, _, flights = trained
    before = {path: path.stat().st_mtime_ns for path in flights.glob("*/*.npy")}
    with pytest.raises(KeyboardInterrupt):
        train(SMALL, tmp_path / "run", silent(stop_at="epoch 1"), flights)
    assert {path: path.stat().st_mtime_ns for path in flights.glob("*/*.npy")} == before
    assert not (tmp_path / "run" / "flights" / "expert").exists()


def test_a_run_that_was_interrupted_goes_on_and_ends_with_the_same_weights(
    trained, tmp_path, silent
):
    _, whole, flights = trained
    with pytest.raises(KeyboardInterrupt):
        train(SMALL, tmp_path / "run", silent(stop_at="epoch 2"), flights)
    progress = silent()
    train(SMALL, tmp_path / "run", progress, flights)
    assert progress.lines[0] == "resumed after epoch 2"
    a, b = (
        torch.load(run / "checkpoint.pt", weights_only=True)["network"]
        for run in (whole, tmp_path / "run")
    )
    assert all(torch.allclose(a[k], b[k], atol=1e-6) for k in a)


def test_a_finished_run_may_get_another_round_and_flies_no_suite_twice(trained, tmp_path, silent):
    config = replace(SMALL, collect={"dagger_rounds": 0}, optimizer={"epochs": 1})
    run, flights = tmp_path / "run", trained[2]
    train(config, run, silent(), flights)
    progress = silent()
    train(config, run, progress, flights)
    assert progress.lines == ["resumed after epoch 1"]
    more = replace(config, collect={"dagger_rounds": 1}, score={"suites": ("none", "blackout")})
    policy = train(more, run, progress, flights)
    assert len(list((run / "flights" / "round_1").rglob("*.npy"))) == 2
    assert [s.suite for s in verify(policy).policy.card.scores] == ["none", "blackout"]


def test_a_directory_of_another_configuration_is_refused(trained, silent):
    _, run, _ = trained
    with pytest.raises(ConfigError, match="another configuration: seed was 0"):
        train(msgspec.structs.replace(SMALL, seed=1), run, silent())


def test_a_damaged_flight_ends_the_run_in_one_line(in_this_process, tmp_path, silent):
    lessons = plan(SMALL)
    folder = tmp_path / "flights" / lessons.recipes[TASK].digest()
    folder.mkdir(parents=True)
    (folder / f"{lessons.validation[TASK][0]}.npy").write_bytes(b"damaged")
    with pytest.raises(StoreError, match=r"^[^\n]*800000\.npy: expected[^\n]*delete it[^\n]*$"):
        train(SMALL, tmp_path / "run", silent(), tmp_path / "flights")


def test_a_run_may_begin_from_the_weights_of_a_sealed_policy(trained):
    policy, run, _ = trained
    config = msgspec.structs.replace(SMALL, seed=5, init_from=str(policy))
    lessons = plan(config)
    fit = Fit.begin(config, lessons.card)
    weights = torch.load(run / "checkpoint.pt", weights_only=True)["network"]
    assert all(torch.equal(v, weights[k]) for k, v in fit.network.state_dict().items())
    assert len(lessons.card_of(fit.network, "").training["init_sha256"]) == 64
