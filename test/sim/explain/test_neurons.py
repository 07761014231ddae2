"""What neurons follow, how the state moves, who moves whom."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from liquid_control_sim.explain.circuit import circuit, clusters
from liquid_control_sim.explain.memory import known
from liquid_control_sim.explain.mind import Moments
from liquid_control_sim.explain.neurons import components, dynamics, follows
from liquid_control_sim.explain.timescales import timescales
from liquid_control_sim.explain.trees import apart, changing, grow

from liquid_control.contract import VELOCITY, PolicyCard, imu_input
from liquid_control.networks.policy import NetworkConfig, PolicyNetwork

RNG = np.random.default_rng(0)


def planted(steps=400):
    """Facts of two flights, and a neuron that follows the speed alone."""
    facts = [{"speed": RNG.normal(size=steps), "height": RNG.normal(size=steps)} for _ in range(2)]
    states = [np.stack([np.tanh(3 * f["speed"]), RNG.normal(size=steps)], 1) for f in facts]
    return facts, states


def small(cell, **settings):
    torch.manual_seed(0)
    card = PolicyCard("small", {"imu": imu_input()}, VELOCITY, hidden_size=1, clock="imu")
    return PolicyNetwork(NetworkConfig(cell, settings), card).eval()


def some_moments(network, count=5):
    torch.manual_seed(1)
    state = 0.3 * torch.randn(count, network.cell.state_size)
    return Moments(torch.randn(count, 6), state, torch.full((count, 1), 1.0))


def test_a_tree_finds_what_a_neuron_follows_and_nothing_where_it_follows_nothing():
    facts, states = planted()
    first, second = grow(("sees", "noise"), states, facts)
    assert (first.name, first.fact) == ("sees", "speed") and first.score > 0.9
    assert "speed" in first.rules
    assert second.name == "noise" and second.score < 0.1


def test_a_value_tells_the_path_through_the_tree_of_a_neuron_that_follows_something():
    facts, states = planted()
    first, second = grow(("sees", "noise"), states, facts)
    assert first.path > 0.9 > first.chance
    assert second.path < second.chance + 0.2


def test_a_fact_that_never_changes_is_no_branch():
    facts, states = planted()
    for flight in facts:
        flight["hidden"] = np.zeros(400)
    assert changing(facts) == ["speed", "height"]
    assert "hidden" not in "".join(tree.rules for tree in grow(("a", "b"), states, facts))


def test_neurons_that_keep_facts_apart_are_modular_and_those_that_mix_them_are_not():
    a, b = RNG.normal(size=(2, 4000))
    facts = {"speed": a, "height": b}
    kept = apart(np.stack([a, b], 1), facts, RNG)
    mixed = apart(np.stack([a + b, a - b], 1), facts, RNG)
    assert kept.modularity > 0.99 > 0.6 > mixed.modularity
    assert kept.gap > 0.9 > 0.1 > mixed.gap


def test_what_only_a_state_tells_is_remembered_and_what_both_tell_is_not():
    facts, inputs, states = [], [], []
    for _ in range(4):
        seen, past = RNG.normal(size=(2, 300))
        facts.append({"seen": seen, "past": past, "neither": RNG.normal(size=300)})
        inputs.append(np.stack([seen, RNG.normal(size=300)], 1))
        states.append(np.stack([seen + past, seen - past], 1))
    found = {one.fact: one for one in known(states, inputs, facts)}
    assert next(iter(found)) == "past"
    assert found["past"].by_state > 0.99 and found["past"].by_inputs < 0.05
    assert abs(found["seen"].remembered) < 0.01
    assert max(found["neither"].by_state, found["neither"].by_inputs) < 0.05


def test_what_never_changes_in_half_of_the_flights_is_not_asked():
    facts = [{"a": RNG.normal(size=20), "b": np.full(20, 1.0 * (i < 2))} for i in range(4)]
    given = [RNG.normal(size=(20, 2)) for _ in range(4)]
    assert [one.fact for one in known(given, given, facts)] == ["a"]


def test_values_without_order_have_no_information():
    a, b = RNG.normal(size=(2, 4000))
    assert apart(a[:, None], {"other": b}, RNG).information.max() < 0.02


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
    lived = SimpleNamespace(
        features=np.zeros((4, 1), np.float32),
        states=np.ones((5, 2), np.float32),
        dts=np.ones((4, 1), np.float32),
    )
    moments = Moments(torch.zeros(3, 1), torch.ones(3, 2), torch.ones(3, 1))
    one = dynamics(SimpleNamespace(cell=cell, card=card), moments, lived)
    assert one.memory_s[0] == pytest.approx([0.05 / np.log(2), 0.05 / np.log(4)], rel=1e-5)
    assert one.lipschitz == pytest.approx([0.5] * 3) and one.along == pytest.approx([0.5] * 4)


# --- time constants


def test_the_time_constant_of_a_cfc_is_that_of_its_gate():
    """The gate's logit grows by 4 a nominal step of 50 ms: 12.5 ms."""
    network = small("cfc", units=3)
    with torch.no_grad():
        network.cell.heads.weight.zero_()
        network.cell.heads.bias[-3:] = torch.tensor([4.0, -4.0, 0.5])
    found = timescales(network, some_moments(network))
    assert found.seconds == pytest.approx(np.tile([0.0125, 0.0125, 0.1], (5, 1)), rel=1e-4)
    assert "gate" in found.meaning


def test_the_time_constant_of_an_ltc_is_how_fast_a_neuron_comes_to_rest():
    """One neuron without synapses: cm / gleak nominal steps."""
    network = small("ltc", units=1, positivity="relu")
    with torch.no_grad():
        for name in ("w", "sensory_w"):
            network.cell.get_parameter(name).zero_()
        network.cell.cm.fill_(0.6)
        network.cell.gleak.fill_(0.2)
    found = timescales(network, some_moments(network))
    assert found.seconds == pytest.approx(np.full((5, 1), 3 * 0.05), rel=1e-4)


@pytest.mark.parametrize("cell", ["strict", "wired_cfc"])
def test_every_neuron_of_a_wired_cell_has_a_time_constant(cell):
    network = small(cell, units=12)
    assert timescales(network, some_moments(network)).seconds.shape == (5, 12)


@pytest.mark.parametrize("cell", ["lstm", "gru", "feedforward"])
def test_a_cell_without_time_constants_has_none(cell):
    network = small(cell, units=4)
    assert timescales(network, some_moments(network)) is None


# --- who moves whom


def test_in_a_strict_cell_nothing_passes_beside_the_wiring_and_in_a_wired_cfc_something_does():
    strict, wired = (small(cell, units=12) for cell in ("strict", "wired_cfc"))
    assert circuit(strict, some_moments(strict)).off_graph == 0.0
    assert circuit(wired, some_moments(wired)).off_graph > 0.05


def test_the_synapses_of_an_ltc_are_those_of_its_wiring():
    network = small("ltc", wiring={"kind": "auto_ncp", "units": 12, "motor": 4})
    found = circuit(network, some_moments(network))
    assert found.off_graph == 0.0
    there = found.recurrent != 0.0
    assert there.sum() == np.count_nonzero(network.cell.wiring.synapses)


def test_the_layers_of_a_wired_cell_are_its_columns():
    network = small("strict", units=12)
    found = circuit(network, some_moments(network))
    assert {name: len(part) for name, part in found.columns.items()} == {
        "inter": 5,
        "command": 3,
        "motor": 4,
    }
    assert found.neurons[found.columns["motor"][0]] == "motor_0"
    assert found.features[0] == "imu rate_x"


def test_a_usual_change_counts_as_far_as_it_usually_goes():
    network = small("gru", units=4)
    moments = some_moments(network, 50)
    once = circuit(network, moments).strength
    moments.x[:, 2] = 0.0
    assert np.abs(once[2]).max() > 0.0
    assert np.abs(circuit(network, moments).strength[2]).max() == 0.0


def test_neurons_that_move_alike_stand_together():
    a, b = RNG.normal(size=(2, 200))
    order = clusters(np.stack([a, b, -a, -b], 1)).tolist()
    assert {frozenset(order[:2]), frozenset(order[2:])} == {frozenset((0, 2)), frozenset((1, 3))}
