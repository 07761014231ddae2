"""`liquid-control explain`: one page about a policy, and every number on it."""

import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from liquid_control_sim.explain import explain, report
from liquid_control_sim.explain.mind import live, restored
from liquid_control_sim.explain.neurons import components, dynamics, follows, grow
from liquid_control_sim.explain.reasons import contributions, responsible
from liquid_control_sim.explain.trace import trace
from liquid_control_sim.settings import world_of

from liquid_control.contract import Observation
from liquid_control.errors import ConfigError
from liquid_control.networks.policy import NetworkConfig, PolicyNetwork
from liquid_control.policy import load_policy

MODELS = Path(__file__).parents[3] / "models"
PILOT = MODELS / "pilot_cfc.onnx"
SEEDS = range(700_000, 700_003)
RNG = np.random.default_rng(0)


def world():
    return world_of("find", {"task": {"time_limit_s": 3.0}})


@pytest.fixture(scope="module")
def traces():
    return list(trace(PILOT, world(), SEEDS))


@pytest.fixture(scope="module")
def network():
    return restored(PILOT)


@pytest.fixture(scope="module")
def found(silent):
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MOMENTS", "ABLATED", "PICTURES"):
            patch.setattr(report, name, 12)
        return explain(PILOT, world(), SEEDS, silent())


def test_a_network_that_sees_a_flight_again_says_what_the_policy_said(network, traces):
    policy, one = load_policy(PILOT), traces[0]
    policy.reset()
    said = [
        policy.step(Observation(0, float(dt), {k: v[i] for k, v in one.inputs.items()})).values
        for i, dt in enumerate(one.dt_s)
    ]
    assert np.abs(live(network, one).commands - np.array(said)).max() < 1e-4


def test_what_was_true_stands_beside_every_step(traces):
    for one in traces:
        assert {len(v) for v in one.facts.values()} == {len(one.dt_s)}
        assert (np.abs(one.facts["target_bearing_rad"]) <= np.pi).all()
        in_view = one.target.any(axis=(1, 2))
        assert np.abs(one.facts["target_bearing_rad"][in_view]).max() < 1.0


# --- reasons


def test_the_parts_of_every_command_add_up_to_it(found):
    assert found.parts_off < 1e-5


@given(st.lists(st.floats(-50, 50), min_size=64, max_size=64))
def test_the_parts_add_up_whatever_the_neurons_do(network, outputs):
    y = np.array([outputs], np.float32)
    with torch.no_grad():
        z = network.head(torch.from_numpy(y)).double()
    command = torch.tanh(z) * network.command_scale
    assert np.abs(contributions(network, y).sum(axis=2) - command.numpy()).max() < 1e-5


def test_the_neuron_with_the_largest_part_is_named_first(network):
    y = np.zeros((1, 64), np.float32)
    y[0, 17] = 3.0
    assert responsible(network, y)[0, 0] == 17


def test_without_the_neurons_that_are_named_commands_change_more_than_without_others(found):
    assert found.ablation.named > found.ablation.random
    assert found.ablation.difference[0] > 0.0


# --- neurons


def planted(steps=400):
    """Facts of two flights, and a neuron that follows the speed alone."""
    facts = [{"speed": RNG.normal(size=steps), "height": RNG.normal(size=steps)} for _ in range(2)]
    states = [np.stack([np.tanh(3 * f["speed"]), RNG.normal(size=steps)], 1) for f in facts]
    return facts, states


def test_a_tree_finds_what_a_neuron_follows_and_nothing_where_it_follows_nothing():
    facts, states = planted()
    first, second = grow(("sees", "noise"), states, facts)
    assert (first.name, first.fact) == ("sees", "speed") and first.score > 0.9
    assert "speed" in first.rules
    assert second.name == "noise" and second.score < 0.1


def test_a_neuron_correlates_with_what_it_follows():
    facts, states = planted()
    table = follows(states[0].astype(np.float32), facts[0])
    assert table[0, 0] > 0.95 and np.abs(table[[0, 1, 1], [1, 0, 1]]).max() < 0.2


def test_a_neuron_that_never_changes_follows_nothing():
    facts, states = planted()
    states[0][:, 1] = 1.0
    assert (follows(states[0].astype(np.float32), facts[0])[1] == 0.0).all()


def test_a_state_that_moves_along_a_line_has_one_component():
    line = RNG.normal(size=(100, 1)) * np.array([[1.0, 2.0, -1.0]])
    assert components(line.astype(np.float32))[0] == pytest.approx(1.0, abs=1e-6)


def test_the_time_constants_of_a_state_that_decays_are_its_own():
    """h' = (0.5 h0, 0.25 h1) at 50 ms: 72 and 36 ms."""
    factor = torch.tensor([[0.5, 0.25]])
    cell = SimpleNamespace(state_size=2, step=lambda x, h, dt: (h, factor * h))
    card = SimpleNamespace(timing=SimpleNamespace(nominal_dt_s=0.05))
    flight = SimpleNamespace(dt_s=np.full(4, 0.05, np.float32))
    lived = SimpleNamespace(
        features=np.zeros((4, 1), np.float32), states=np.ones((5, 2), np.float32)
    )
    one = dynamics(SimpleNamespace(cell=cell, card=card), [flight], [lived], 3, RNG)
    assert one.memory_s[0] == pytest.approx([0.05 / np.log(2), 0.05 / np.log(4)], rel=1e-5)
    assert one.lipschitz[0] == pytest.approx(0.5)
    assert one.jacobian == pytest.approx(np.diag([0.5, 0.25]))


# --- the picture


def test_the_pilot_looks_at_what_it_was_told_and_at_obstacles_more_than_an_untrained_one(found):
    s = found.saliency
    assert s.on_target > 1.2 * s.area
    assert abs(s.untrained - s.area) < 0.4 * s.area
    assert s.stable > 0.5
    for one in s.looks:
        assert one.map.sum() == pytest.approx(1.0) and one.map.min() >= 0.0


# --- the page


def test_the_page_is_one_file_whose_every_picture_says_what_it_shows(found):
    page = found.page()
    sources = re.findall(r'<img src="([^"]*)" alt="([^"]+)"', page)
    assert len(sources) == len(found.pictures) == page.count("<img")
    assert all(source.startswith("data:image/png;base64,") for source, _ in sources)
    assert not re.search(r'(?:src|href)="(?!data:)', page)
    assert page.count("<figcaption>") == page.count("<figure>")


def test_the_numbers_of_the_page_are_plain_data(found):
    numbers = found.numbers()
    assert numbers["outcomes"] and numbers["steps"] > 30
    assert set(numbers["saliency"]) == {"on_target", "area", "untrained", "stable", "pictures"}


def test_a_cell_that_keeps_no_state_is_shown_without_what_it_has_not(tmp_path, silent):
    from liquid_control.networks.export import export

    card = load_policy(MODELS / "fly_to_target_cfc.onnx").card
    made = PolicyNetwork(NetworkConfig("feedforward", {"units": 8}), card)
    export(made.eval(), made.card, tmp_path / "policy.onnx")
    settings = world_of("fly_to_target", {"task": {"time_limit_s": 2.0}})
    one = explain(tmp_path / "policy.onnx", settings, SEEDS[:2], silent())
    assert one.ablation is None and one.saliency is None
    page = one.page()
    assert "no neuron is held still" in page and "nothing to outline" in page


def test_one_flight_is_too_few(silent):
    with pytest.raises(ConfigError, match=r"^expected two flights or more[^\n]*$"):
        explain(PILOT, world(), SEEDS[:1], silent())
