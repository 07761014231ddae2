"""The network before training: what it begins with decides whether a cell learns to look."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from liquid_control.contract import CameraCard
from liquid_control.networks.cells import CELLS
from liquid_control.networks.eye import Eye
from liquid_control.networks.policy import NetworkConfig, PolicyNetwork

CAMERA = CameraCard()


def images(seed, count):
    shape = (count, CAMERA.height, CAMERA.width, 3)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.manual_seed(seed))


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return PolicyNetwork(NetworkConfig())


@given(seed=st.integers(0, 1000), scale=st.floats(0.1, 1e3))
@settings(max_examples=20)
def test_features_have_size_1_however_small_or_large_the_weights_become(seed, scale):
    torch.manual_seed(seed)
    eye = Eye()
    with torch.no_grad():
        for weight in eye.project.parameters():
            weight.mul_(scale)
        features = eye(images(seed, 4))
    assert torch.allclose(features.mean(1), torch.zeros(4), atol=1e-4)
    assert torch.allclose(features.std(1), torch.ones(4), atol=0.1)


def test_an_untrained_eye_tells_one_image_from_another(network):
    features = network.look(images(0, 8))
    assert features.std(0).mean() > 0.2


@pytest.mark.parametrize("cell", list(CELLS))
def test_an_untrained_policy_hardly_moves(cell):
    torch.manual_seed(0)
    network = PolicyNetwork(NetworkConfig(cell=cell, cell_settings={"units": 64}))
    hidden = network.cell.initial_state(8)
    command, _ = network(images(0, 8), torch.randn(8, 6), torch.full((8, 1), 0.05), hidden)
    assert (command / network.command_scale).abs().max() < 0.25


def test_a_sequence_gives_the_commands_of_repeated_steps(network):
    frames, imu = images(1, 12).unflatten(0, (2, 6)), torch.randn(2, 6, 6)
    dts = torch.rand(2, 6, 1) * 0.1 + 0.01
    hidden = network.cell.initial_state(2)
    whole, last = network.decide(network.look(frames), imu, dts, hidden)
    for t in range(6):
        command, hidden = network(frames[:, t], imu[:, t], dts[:, t], hidden)
        assert torch.allclose(command, whole[:, t], atol=1e-5)
    assert torch.allclose(hidden, last, atol=1e-5)
