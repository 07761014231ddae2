"""Behaviour cloning: what is learnt, what is kept, what is refused."""

import msgspec
import numpy as np
import pytest
import torch
from liquid_control_sim.learning.batches import whole
from liquid_control_sim.learning.clone import Fit, FitError, fit_chunk, fit_epoch, validate
from liquid_control_sim.learning.config import OptimizerConfig, TrainConfig
from liquid_control_sim.learning.store import Recordings, StoreError, row_dtype, write_flight

from liquid_control.contract import velocity_card
from liquid_control.errors import ConfigError
from liquid_control.networks.policy import NetworkConfig

CONFIG = TrainConfig(
    name="test",
    network=NetworkConfig(
        cell_settings={"units": 8, "backbone_units": 8}, encoders={"image": {"features": 8}}
    ),
    optimizer=OptimizerConfig(lanes=2, chunk=12, learning_rate=3e-3),
)


@pytest.fixture
def told(flight):
    """A flight in which the goal alone says what to do."""
    rows = flight(60)
    rows["image"] = 90
    rows["goal"][:, 0] = 1
    blue = np.arange(60) // 10 % 2
    rows["goal"][:, 1], rows["goal"][:, 2] = 1 - blue, blue
    rows["command"] = 0
    rows["command"][:, 0] = np.where(blue, 1.0, -1.0)
    return rows


def test_the_goal_reaches_the_command(told, card):
    fit = Fit.begin(CONFIG, card)
    chunk = whole(told, card)
    losses = [fit_chunk(fit, chunk, None, CONFIG.optimizer)[0] for _ in range(60)]
    assert losses[-1] < losses[0] / 4


def test_a_field_without_motion_has_no_loss_and_does_not_spoil_the_others(told, card):
    card = msgspec.structs.replace(card, command=velocity_card(left_m_s=0.0))
    fit, chunk = Fit.begin(CONFIG, card), whole(told, card)
    before = fit_chunk(fit, chunk, None, CONFIG.optimizer)[0]
    told["command"][:, 1] = 7.0
    fit = Fit.begin(CONFIG, card)
    assert fit_chunk(fit, whole(told, card), None, CONFIG.optimizer)[0] == pytest.approx(before)
    assert all(p.isfinite().all() for p in fit.network.parameters())


def test_the_loss_is_relative_to_the_scale_of_each_field(told, card):
    def loss(card, factor):
        rows = told.copy()
        rows["command"] *= factor
        return fit_chunk(Fit.begin(CONFIG, card), whole(rows, card), None, CONFIG.optimizer)[0]

    faster = msgspec.structs.replace(card, command=velocity_card(4.0, 2.0, 2.0, 2.4))
    assert loss(card, 1.0) == pytest.approx(loss(faster, 2.0), rel=1e-3)


def test_validation_leaves_the_network_as_it_was(told, card, recorded):
    fit = Fit.begin(CONFIG, card)
    before = {k: v.clone() for k, v in fit.network.state_dict().items()}
    first = validate(fit, recorded([told]))
    assert validate(fit, recorded([told])) == first
    assert all((v == before[k]).all() for k, v in fit.network.state_dict().items())


def test_the_state_is_carried_from_chunk_to_chunk(told, card, recorded, silent, monkeypatch):
    states = []

    def watch(fit, chunk, hidden, o):
        states.append(hidden)
        return fit_chunk(fit, chunk, hidden, o)

    monkeypatch.setattr("liquid_control_sim.learning.clone.fit_chunk", watch)
    fit_epoch(Fit.begin(CONFIG, card), recorded([told]), CONFIG, silent())
    assert states[0] is None
    assert all(state.abs().sum() > 0 for state in states[1:])
    assert len(states) == 5


def test_a_seed_decides_the_first_weights(card):
    def weights(seed):
        network = Fit.begin(msgspec.structs.replace(CONFIG, seed=seed), card).network
        return network.head.weight.detach()

    assert torch.equal(weights(1), weights(1))
    assert not torch.equal(weights(1), weights(2))


def test_weights_that_are_no_numbers_any_more_end_the_run(told, card, recorded, silent):
    fit = Fit.begin(CONFIG, card)
    torch.nn.init.constant_(fit.network.head.weight, float("nan"))
    with pytest.raises(FitError, match="epoch 1: the loss is nan; take a lower"):
        fit_epoch(fit, recorded([told]), CONFIG, silent())


@pytest.mark.parametrize("content", [b"", b"no checkpoint", None])
def test_a_damaged_checkpoint_or_one_of_another_network_is_named(content, tmp_path, card):
    path = tmp_path / "checkpoint.pt"
    if content is None:
        other = msgspec.structs.replace(CONFIG, network=NetworkConfig(cell="gru"))
        Fit.begin(other, card).save(path)
    else:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"^[^\n]*checkpoint[^\n]*delete it[^\n]*$"):
        Fit.begin(CONFIG, card).load(path)


def test_a_checkpoint_that_cannot_be_written_is_one_line(tmp_path, card):
    (tmp_path / "run").write_text("")
    with pytest.raises(StoreError, match=r"^[^\n]*checkpoint.pt: cannot be written[^\n]*$"):
        Fit.begin(CONFIG, card).save(tmp_path / "run" / "checkpoint.pt")


RECALLS = msgspec.structs.replace(
    CONFIG, optimizer=msgspec.structs.replace(CONFIG.optimizer, recall=1.0)
)


@pytest.fixture
def remembered(told, card):
    """The same, with how long ago the goal changed, which no input says."""
    rows = np.zeros(len(told), row_dtype(card, recalled=1))
    for name in told.dtype.names:
        rows[name] = told[name]
    rows["recall"][:, 0] = np.arange(len(rows)) % 10 / 10
    return rows


def test_a_cell_learns_to_keep_what_the_expert_remembers(remembered, card):
    chunk = whole(remembered, card)

    def off(fit):
        features = fit.network.look(chunk.inputs)
        ys, _ = fit.network.think(features, chunk.dt_s, torch.zeros(1, 8), chunk.reset)
        return float((fit.recall(ys) - chunk.recall).detach().abs().mean())

    fit = Fit.begin(RECALLS, card, 1)
    for _ in range(150):
        fit_chunk(fit, chunk, None, RECALLS.optimizer)
    assert off(fit) < 0.15 < off(Fit.begin(RECALLS, card, 1))


def test_what_is_remembered_does_not_count_when_a_fit_is_watched(remembered, card, tmp_path):
    write_flight(tmp_path / "1.npy", remembered)
    kept = Recordings([tmp_path / "1.npy"], remembered.dtype)
    loss = validate(Fit.begin(RECALLS, card, 1), kept)
    remembered["recall"] += 7.0
    write_flight(tmp_path / "1.npy", remembered)
    assert validate(Fit.begin(RECALLS, card, 1), kept) == loss


def test_what_reads_the_memory_goes_on_from_a_checkpoint_and_does_not_fly(card, tmp_path):
    fit = Fit.begin(RECALLS, card, 1)
    fit.save(tmp_path / "checkpoint.pt")
    again = Fit.begin(msgspec.structs.replace(RECALLS, seed=9), card, 1)
    again.load(tmp_path / "checkpoint.pt")
    assert torch.equal(again.recall.weight, fit.recall.weight)
    flown = {name for name, _ in fit.flown().named_parameters()}
    assert flown == {name for name, _ in Fit.begin(CONFIG, card).network.named_parameters()}


def with_average(kept: float) -> OptimizerConfig:
    return msgspec.structs.replace(CONFIG.optimizer, average=kept)


def test_what_flies_is_an_average_of_the_last_weights(told, card):
    fit, chunk = Fit.begin(CONFIG, card), whole(told, card)
    weights = []
    for _ in range(40):
        fit_chunk(fit, chunk, None, with_average(0.8))
        weights.append(fit.network.head.weight.detach().clone())
    expected = weights[0]
    for n, weight in enumerate(weights, 1):
        kept = min(0.8, n / (n + 9))
        expected = kept * expected + (1 - kept) * weight
    torch.testing.assert_close(fit.flown().head.weight, expected)
    torch.testing.assert_close(fit.network.head.weight, weights[-1])


def test_without_an_average_the_last_weights_fly(told, card):
    fit = Fit.begin(CONFIG, card)
    fit_chunk(fit, whole(told, card), None, CONFIG.optimizer)
    torch.testing.assert_close(fit.flown().state_dict(), fit.network.state_dict())


def test_the_average_goes_on_from_a_checkpoint(told, card, tmp_path):
    fit, chunk = Fit.begin(CONFIG, card), whole(told, card)
    for _ in range(12):
        fit_chunk(fit, chunk, None, with_average(0.9))
    fit.save(tmp_path / "checkpoint.pt")
    again = Fit.begin(CONFIG, card)
    again.load(tmp_path / "checkpoint.pt")
    for one in (fit, again):
        fit_chunk(one, chunk, None, with_average(0.9))
    torch.testing.assert_close(again.flown().state_dict(), fit.flown().state_dict())
