"""Who made a command: parts that add up to it, read from a policy file with numpy alone."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liquid_control.contract import VELOCITY, Observation, PolicyCard, imu_input
from liquid_control.errors import ConfigError
from liquid_control.policy import load_policy
from liquid_control.policy.golden import golden_values
from liquid_control.reasons import Readout, read_readout

MODELS = Path(__file__).parents[2] / "models"
RNG = np.random.default_rng(3)


def a_readout(read=6, fields=3):
    return Readout(
        RNG.normal(size=(fields, read)),
        RNG.normal(size=fields),
        np.array([2.0, 1.0, 0.0][:fields]),
        np.array([0.0, 0.5, -0.5][:fields]),
        tuple(f"n{i}" for i in range(read)),
        tuple(range(read)),
    )


SOME = a_readout()


@pytest.mark.parametrize("name", ["pilot_cfc", "fly_to_target_cfc", "rover_to_target_cfc"])
def test_the_parts_of_a_policys_own_commands_add_up_to_them(name):
    path = MODELS / f"{name}.onnx"
    readout, policy = read_readout(path), load_policy(path)
    for step in range(10):
        values = golden_values(7, step, policy.card.inputs)
        command = np.array(policy.step(Observation(0, 0.05, values)).values)
        parts = readout.parts(readout.of_state(policy.hidden[0]))
        assert parts.shape == (len(command), 65)
        assert np.abs(parts.sum(axis=1) + readout.rest - command).max() < 1e-5


@given(st.lists(st.floats(-1e3, 1e3), min_size=6, max_size=6))
def test_the_parts_add_up_whatever_the_neurons_do(values):
    y = np.array(values)
    off = SOME.parts(y).sum(axis=-1) + SOME.rest - SOME.command(y)
    assert np.abs(off).max() < 1e-9


def test_the_parts_of_a_command_at_rest_are_its_summands():
    readout = Readout(np.array([[3.0, -3.0]]), np.zeros(1), np.ones(1), np.zeros(1), ("a", "b"))
    assert readout.parts(np.array([1.0, 1.0])).tolist() == [[3.0, -3.0, 0.0]]


def test_the_neuron_with_the_largest_part_is_named_first():
    y = np.zeros((2, 6))
    y[0, 4], y[1, 2] = 3.0, -3.0
    assert SOME.responsible(y, 2)[:, 0].tolist() == [4, 2]


def test_a_motion_that_the_vehicle_has_not_makes_nobody_responsible():
    weight = np.array([[0.0, 1.0], [9.0, 0.0]])
    readout = Readout(weight, np.zeros(2), np.array([1.0, 0.0]), np.zeros(2), ("a", "b"))
    assert readout.sizes(np.ones(2)).tolist() == [0.0, pytest.approx(np.tanh(1.0))]


def exported(folder, cell, settings):
    torch = pytest.importorskip("torch")
    from liquid_control.networks.export import export
    from liquid_control.networks.policy import NetworkConfig, PolicyNetwork

    torch.manual_seed(0)
    card = PolicyCard("small", {"imu": imu_input()}, VELOCITY, hidden_size=1, clock="imu")
    network = PolicyNetwork(NetworkConfig(cell, settings), card).eval()
    for name, weight in network.named_parameters():
        if name.startswith("head") or "output_" in name:
            torch.nn.init.uniform_(weight, -1.0, 1.0)
    export(network, network.card, folder / "policy.onnx")
    return folder / "policy.onnx"


WIRED = {"wiring": {"kind": "auto_ncp", "units": 12, "motor": 4}}


@pytest.mark.usefixtures("short_export")
@pytest.mark.parametrize(
    ("cell", "settings", "places", "first"),
    [
        ("strict", WIRED, (8, 9, 10, 11), "motor_0"),
        ("ltc", WIRED, (0, 1, 2, 3), "motor_0"),
        ("lstm", {"units": 5}, (0, 1, 2, 3, 4), "n0"),
    ],
)
def test_it_finds_where_in_the_state_commands_are_read(tmp_path, cell, settings, places, first):
    readout = read_readout(exported(tmp_path, cell, settings))
    assert readout.places == places and readout.names[0] == first


@pytest.mark.usefixtures("short_export")
def test_a_cell_whose_commands_are_not_read_from_its_state_is_refused(tmp_path):
    path = exported(tmp_path, "feedforward", {"units": 5})
    with pytest.raises(ConfigError, match=r"^[^\n]*expected [^\n]*'feedforward'[^\n]*$"):
        read_readout(path)
