"""Imitation learning, small: every stage for real."""

import json
from contextlib import nullcontext

import msgspec
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from liquid_control_sim.corruption import Blackout
from liquid_control_sim.imitation.collect import load_recordings, record
from liquid_control_sim.imitation.config import (
    CollectConfig,
    OptimizerConfig,
    ScoreConfig,
    TrainConfig,
    training_world,
)
from liquid_control_sim.imitation.dataset import Recording, chunks, data_sha256
from liquid_control_sim.imitation.disturbance import Disturbance
from liquid_control_sim.imitation.fit import Fit
from liquid_control_sim.imitation.train import train
from liquid_control_sim.world import World

from liquid_control.contract import STOP, CommandLimits, GoldenRollout, PolicyCard, Timing
from liquid_control.errors import ConfigError
from liquid_control.networks.policy import NetworkConfig
from liquid_control.runtime import verify

CARD = PolicyCard("test", 8, GoldenRollout(1, (), ()))
SMALL = TrainConfig(
    name="small",
    network=NetworkConfig(cell="cfc", cell_settings={"units": 8, "backbone_units": 8}),
    collect=CollectConfig(expert_flights=4, dagger_rounds=1, dagger_flights=2, flight_s=2.0),
    optimizer=OptimizerConfig(epochs=2, epochs_per_round=1, lanes=2, chunk=8),
    score=ScoreConfig(episodes=2, suites=("none",)),
)


class Silent:
    """Progress that nobody watches; it can interrupt a run at a given line."""

    def __init__(self, stop_at=None):
        self.lines = []
        self._stop_at = stop_at

    def bar(self, total, label):
        return nullcontext(lambda: None)

    def say(self, text):
        self.lines.append(text)
        if self._stop_at and text.startswith(self._stop_at):
            raise KeyboardInterrupt


def flight(frames, first=0):
    """Return a recording whose images and commands number its frames."""
    numbers = np.arange(first, first + frames)
    return Recording(
        np.broadcast_to((numbers % 200 + 20)[:, None, None, None], (frames, 4, 6, 3)).astype(
            np.uint8
        ),
        np.zeros((frames, 6), np.float32),
        np.full((frames, 1), 0.05, np.float32),
        np.repeat(numbers[:, None], 4, axis=1).astype(np.float32),
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    run = tmp_path_factory.mktemp("train") / "run"
    return train(SMALL, run, Silent()), run


def test_a_run_ends_in_a_verified_and_scored_policy(trained):
    policy, _ = trained
    card = verify(policy).policy.card
    assert card.name == "small"
    assert card.cell == {"name": "cfc", "units": 8, "backbone_units": 8}
    assert [(s.suite, s.episodes) for s in card.scores] == [("none", 2)]
    assert card.training["seed"] == 0
    assert card.training["config"]["collect"]["expert_flights"] == 4


def test_the_run_directory_holds_configuration_versions_curves_and_flights(trained):
    _, run = trained
    assert "dagger_rounds: 1" in (run / "config.yaml").read_text()
    assert set(json.loads((run / "versions.json").read_text())) >= {"torch", "mujoco", "python"}
    assert list((run / "tensorboard").rglob("events.*"))
    assert len(list((run / "flights" / "round_0").glob("*.npz"))) == 4
    assert len(list((run / "flights" / "round_1").glob("*.npz"))) == 2


def test_the_card_names_the_data_by_its_digest(trained):
    policy, run = trained
    recordings = load_recordings(run / "flights" / "round_0")
    recordings += load_recordings(run / "flights" / "round_1")
    assert verify(policy).policy.card.training["data_sha256"] == data_sha256(recordings)


def test_a_run_that_was_interrupted_goes_on_and_ends_with_the_same_weights(trained, tmp_path):
    _, whole = trained
    with pytest.raises(KeyboardInterrupt):
        train(SMALL, tmp_path / "run", Silent(stop_at="epoch 2"))
    progress = Silent()
    train(SMALL, tmp_path / "run", progress)
    assert progress.lines[0].startswith("resumed after epoch")
    a, b = (
        torch.load(run / "checkpoint.pt", weights_only=True)["network"]
        for run in (whole, tmp_path / "run")
    )
    assert all(torch.allclose(a[k], b[k], atol=1e-6) for k in a)


def test_a_directory_of_another_configuration_is_refused(trained):
    _, run = trained
    with pytest.raises(ConfigError, match="another configuration"):
        train(TrainConfig(name="other"), run, Silent())


def test_a_recording_repeats_bit_for_bit_from_its_seed():
    world = World()
    config = CollectConfig(flight_s=1.5)
    first, again = (record(world, 5, config, CARD) for _ in range(2))
    world.close()
    assert data_sha256([first]) == data_sha256([again])
    assert len(first) > 10


def test_a_saved_recording_is_read_back_whole(tmp_path):
    flight(7).save(tmp_path / "1.npz")
    assert data_sha256([Recording.load(tmp_path / "1.npz")]) == data_sha256([flight(7)])
    assert [p.name for p in tmp_path.iterdir()] == ["1.npz"]


def test_training_flights_differ_in_rate_and_some_are_blacked_out():
    config = CollectConfig()
    worlds = [training_world(config, seed) for seed in range(200)]
    share = np.mean([isinstance(w.corruption, Blackout) for w in worlds])
    assert 0.2 < share < 0.5
    assert worlds[0].camera.rate_hz == (10.0, 40.0)
    assert worlds[0].camera.dropout == 0.05


@pytest.mark.parametrize("content", [b"", b"no checkpoint", None])
def test_a_damaged_checkpoint_or_one_of_another_network_is_named(content, tmp_path):
    path = tmp_path / "checkpoint.pt"
    if content is None:
        Fit.begin(msgspec.structs.replace(SMALL, network=NetworkConfig(cell="gru"))).save(path)
    else:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"^[^\n]*checkpoint[^\n]*delete it[^\n]*$"):
        Fit.begin(SMALL).load(path)


@given(st.integers(0, 1000), st.integers(1, 6), st.integers(2, 9))
def test_chunks_follow_each_other_on_a_lane_and_reset_where_a_flight_begins(seed, lanes, length):
    recordings = [flight(11 + i, first=1000 * i) for i in range(6)]
    rng = np.random.default_rng(seed)
    epoch = list(chunks(recordings, lanes, length, Timing(), rng))
    numbers = np.concatenate([c.commands[..., 0].numpy() for c in epoch], axis=1)
    reset = np.concatenate([c.reset.numpy() for c in epoch], axis=1)
    assert reset[:, 0].all()
    assert (reset == (numbers % 1000 == 0)).all()
    steps = np.diff(numbers, axis=1)
    assert (steps[~reset[:, 1:]] == 1).all()


def test_one_flight_is_augmented_alike_in_all_its_frames():
    recordings = [
        Recording(
            *(
                np.repeat(getattr(flight(1), n), 40, axis=0)
                for n in ("images", "imu", "dt_s", "commands")
            )
        )
    ]
    (chunk,) = chunks(recordings, 1, 40, Timing(), np.random.default_rng(3))
    assert (chunk.images == chunk.images[:, :1]).all()


@given(st.integers(0, 10_000))
def test_a_disturbance_keeps_the_limits_and_leaves_the_expert_alone_at_first(seed):
    limits = CommandLimits()
    push = Disturbance(limits, np.random.default_rng(seed))
    assert push(STOP, 0) == STOP
    flown = [push(STOP, t * 50_000_000).as_tuple() for t in range(200)]
    assert all(abs(v) <= top for c in flown for v, top in zip(c, limits.as_tuple(), strict=True))
    assert any(c != STOP.as_tuple() for c in flown)
