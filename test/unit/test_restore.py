"""Training goes on from a policy file: the weights come back, or one line says what differs."""

import msgspec
import onnx
import pytest
import torch
from onnx import numpy_helper

from liquid_control.contract import image_input, imu_input, velocity_card
from liquid_control.errors import BundleError, ConfigError
from liquid_control.networks.cells import CELLS
from liquid_control.networks.export import export
from liquid_control.networks.policy import NetworkConfig, PolicyNetwork
from liquid_control.networks.restore import load_weights

SMALL = image_input(36, 48)
pytestmark = pytest.mark.usefixtures("short_export")


def again(network, card, **changes):
    """Another network of the same making, with other weights."""
    torch.manual_seed(99)
    return PolicyNetwork(msgspec.structs.replace(network.config, **changes), card)


def weights_of(network):
    return {name: value.clone() for name, value in network.state_dict().items()}


def test_the_weights_of_a_file_come_back_bit_for_bit(tiny_network, tiny_card, tiny_policy_path):
    other = again(tiny_network, tiny_card)
    assert not torch.equal(other.head.weight, tiny_network.head.weight)
    load_weights(other, tiny_policy_path)
    for name, value in tiny_network.state_dict().items():
        assert torch.equal(other.state_dict()[name], value), name
    assert other.training


@pytest.mark.parametrize("cell", CELLS.names())
def test_every_cell_comes_back(cell, tiny_card, tmp_path):
    torch.manual_seed(1)
    card = msgspec.structs.replace(tiny_card, inputs={"image": SMALL, "imu": imu_input()})
    config = NetworkConfig(cell, {"units": 12} if cell != "lfm" else {"units": 8, "window": 4})
    network = PolicyNetwork(config, card)
    export(network, network.card, tmp_path / "policy.onnx")
    other = again(network, card)
    load_weights(other, tmp_path / "policy.onnx")
    for name, value in network.state_dict().items():
        assert torch.equal(other.state_dict()[name], value), name


def test_every_parameter_is_an_initializer_of_its_own_name(tiny_network, tiny_policy_path):
    graph = onnx.load(tiny_policy_path).graph
    stored = {t.name: torch.from_numpy(numpy_helper.to_array(t).copy()) for t in graph.initializer}
    for name, value in tiny_network.named_parameters():
        assert torch.equal(stored[name], value), name


def test_nothing_that_an_export_can_compute_is_left_to_each_step(tiny_policy_path):
    """Sequences and shapes cost time, and TensorRT has no sequences."""
    kinds = {node.op_type for node in onnx.load(tiny_policy_path).graph.node}
    assert not kinds & {"SplitToSequence", "SequenceAt", "Shape", "Expand"}


@pytest.mark.parametrize(
    ("config", "card", "words"),
    [
        ({"cell": "gru", "cell_settings": {"units": 16}}, {}, "the cell gru, found cfc"),
        ({"cell_settings": {"units": 12}}, {}, "a state of size 12, found 16"),
        (
            {"cell_settings": {"units": 16, "backbone_units": 20}},
            {},
            r"cell.backbone.0.weight of shape \(20, 38\), found \(24, 38\)",
        ),
        (
            {"encoders": {"image": {"features": 20}}},
            {},
            r"encoders.image.project.0.weight of shape \(20, 512\)",
        ),
        ({}, {"inputs": {"image": SMALL, "imu": imu_input()}}, r"image image \(36, 48, 3\)"),
        ({}, {"inputs": {"image": image_input()}}, r"found image image .*, imu imu \(6,\)"),
        ({}, {"command": velocity_card(forward_m_s=3.0)}, "forward_m_s 0.-3, .*found velocity"),
        (
            {"cell_settings": {"units": 16, "backbone_units": 24, "head_activation": "linear"}},
            {},
            "a setting that has no weights differs",
        ),
    ],
)
def test_a_file_that_does_not_fit_is_refused_in_one_line(
    tiny_network, tiny_card, tiny_policy_path, config, card, words
):
    other = again(tiny_network, msgspec.structs.replace(tiny_card, **card), **config)
    before = weights_of(other)
    with pytest.raises(ConfigError, match=words) as refused:
        load_weights(other, tiny_policy_path)
    assert str(tiny_policy_path) in str(refused.value)
    assert "\n" not in str(refused.value)
    assert all(torch.equal(before[name], value) for name, value in other.state_dict().items())


def test_a_file_of_another_wiring_is_refused(tiny_card, tmp_path):
    card = msgspec.structs.replace(tiny_card, inputs={"imu": imu_input()}, clock="imu")

    def wired(seed):
        wiring = {"kind": "auto_ncp", "units": 16, "motor": 4, "seed": seed}
        return PolicyNetwork(NetworkConfig("strict", {"wiring": wiring}), card)

    network = wired(1)
    export(network, network.card, tmp_path / "policy.onnx")
    with pytest.raises(ConfigError, match="expected the wiring of the configuration"):
        load_weights(wired(2), tmp_path / "policy.onnx")


def test_a_damaged_file_is_refused(tiny_network, tmp_path):
    (tmp_path / "broken.onnx").write_bytes(b"nothing")
    with pytest.raises(BundleError, match="digest"):
        load_weights(tiny_network, tmp_path / "broken.onnx")
