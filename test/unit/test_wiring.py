"""Wirings: the same synapses as ncps, nothing lost in JSON, errors that say what to do."""

import json

import ncps.wirings as reference
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liquid_control.networks import wiring as w


def assert_same(ours, theirs):
    np.testing.assert_array_equal(ours.synapses, theirs.adjacency_matrix)
    np.testing.assert_array_equal(ours.sensory_synapses, theirs.sensory_adjacency_matrix)
    assert ours.motor == theirs.output_dim


@settings(max_examples=25, deadline=None)
@given(
    units=st.integers(8, 60),
    motor=st.integers(1, 5),
    sensory=st.integers(1, 40),
    sparsity=st.sampled_from([0.1, 0.3, 0.5, 0.75, 0.9]),
    seed=st.sampled_from([22222, 22224, 0, 1, 99]),
)
def test_auto_ncp_has_the_synapses_of_ncps(units, motor, sensory, sparsity, seed):
    theirs = reference.AutoNCP(units, motor, sparsity_level=sparsity, seed=seed)
    theirs.build(sensory)
    ours = w.auto_ncp(sensory, units=units, motor=motor, sparsity=sparsity, seed=seed)
    assert_same(ours, theirs)
    assert [len(layer) for layer in ours.layers] == [
        len(theirs.get_neurons_of_layer(i)) for i in range(3)
    ]


@pytest.mark.parametrize("seed", [22222, 22224, 7])
@pytest.mark.parametrize("sizes", [(18, 12, 4, 6, 4, 4, 6), (10, 5, 2, 3, 2, 8, 5)])
def test_ncp_has_the_synapses_of_ncps(sizes, seed):
    theirs = reference.NCP(*sizes, seed=seed)
    theirs.build(24)
    names = ("inter", "command", "motor", "sensory_fanout", "inter_fanout")
    names += ("recurrent_command_synapses", "motor_fanin")
    assert_same(w.ncp(24, **dict(zip(names, sizes, strict=True)), seed=seed), theirs)


@pytest.mark.parametrize("self_connections", [True, False])
def test_fully_connected_has_the_synapses_of_ncps(self_connections):
    theirs = reference.FullyConnected(9, 3, self_connections=self_connections)
    theirs.build(5)
    ours = w.fully_connected(5, units=9, motor=3, self_connections=self_connections)
    assert_same(ours, theirs)


@pytest.mark.parametrize("sparsity", [0.0, 0.4, 0.9])
def test_random_has_the_synapses_of_ncps(sparsity):
    theirs = reference.Random(11, 2, sparsity_level=sparsity, random_seed=5)
    theirs.build(6)
    assert_same(w.random(6, units=11, motor=2, sparsity=sparsity, seed=5), theirs)


def test_json_gives_the_same_wiring_back():
    wiring = w.auto_ncp(7, units=16, motor=2)
    again = w.Wiring.from_dict(json.loads(json.dumps(wiring.to_dict())))
    assert again == wiring
    assert hash(again) == hash(wiring)
    assert again.synapses.dtype == np.int8


def test_a_wiring_cannot_be_changed():
    with pytest.raises(ValueError, match="read-only"):
        w.auto_ncp(7, units=16, motor=2).synapses[0, 0] = 1


def test_the_graph_has_every_neuron_and_every_synapse():
    wiring = w.auto_ncp(7, units=16, motor=2)
    graph = wiring.to_networkx()
    assert graph.number_of_nodes() == 7 + 16
    assert graph.number_of_edges() == wiring.synapse_count
    assert graph.nodes["motor_0"]["kind"] == "motor"
    source, target, polarity = next(iter(graph.edges(data="polarity")))
    row, column = int(source.split("_")[1]), wiring.neuron_names.index(target)
    assert wiring.sensory_synapses[row, column] == polarity


def test_a_drawing_is_written(tmp_path):
    path = tmp_path / "wiring.png"
    w.auto_ncp(5, units=12, motor=2).draw(path)
    assert path.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("kind", "settings", "message"),
    [
        ("ring", {}, "no wiring is called 'ring'; choose one of ncp, auto_ncp"),
        ("auto_ncp", {"units": 5, "motor": 4}, "motor is 4; with 5 units"),
        ("auto_ncp", {"units": 8, "motor": 2, "colour": 1}, "cannot take these settings"),
        ("random", {"units": 8, "sparsity": 1.0}, "sparsity is 1.0"),
    ],
)
def test_a_wrong_setting_gets_one_line(kind, settings, message):
    with pytest.raises(w.WiringError, match=message) as error:
        w.make_wiring(kind, 4, **settings)
    assert "\n" not in str(error.value)


def test_a_damaged_dictionary_gets_one_line():
    fields = w.auto_ncp(5, units=12, motor=2).to_dict()
    with pytest.raises(w.WiringError, match="lacks synapses"):
        w.Wiring.from_dict({k: v for k, v in fields.items() if k != "synapses"})
    with pytest.raises(w.WiringError, match="expected"):
        w.Wiring.from_dict(fields | {"synapses": [[0]]})
