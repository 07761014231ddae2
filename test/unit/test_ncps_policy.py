"""A network trained with ncps becomes a policy that commands what ncps would."""

import ncps.torch
import ncps.wirings
import numpy as np
import pytest
import torch

from liquid_control.bundle import golden_inputs
from liquid_control.contract import CameraCard, CommandLimits, Observation
from liquid_control.networks.ncps.policy import import_ncps
from liquid_control.networks.ncps.state_dict import NcpsStateError
from liquid_control.runtime import load_policy

CAMERA = CameraCard(width=8, height=6)


def wired(inputs):
    torch.manual_seed(0)
    return ncps.torch.CfC(inputs, ncps.wirings.AutoNCP(16, 4, seed=3))


def features(image, imu, inputs):
    return {
        6: imu,
        48: image.mean(axis=2).ravel() / 255,
        144: image.ravel() / 255,
        54: np.concatenate([image.mean(axis=2).ravel() / 255, imu]),
        150: np.concatenate([image.ravel() / 255, imu]),
    }[inputs]


@pytest.mark.parametrize("inputs", [6, 144, 54])
def test_the_policy_commands_what_ncps_says_at_the_nominal_rate(inputs, tmp_path):
    theirs = wired(inputs)
    torch.save(theirs.state_dict(), tmp_path / "theirs.pt")
    import_ncps(tmp_path / "theirs.pt", tmp_path / "ours.onnx", camera=CAMERA)
    policy, state = load_policy(tmp_path / "ours.onnx"), None
    limits = np.array(CommandLimits().as_tuple())
    for step in range(20):
        image, imu = golden_inputs(5, step, CAMERA)
        x = torch.tensor(features(image, imu, inputs), dtype=torch.float32)
        with torch.no_grad():
            y, state = theirs(x[None, None], state)
        command = policy.step(Observation(step, image, imu, 0.05)).as_tuple()
        assert command == pytest.approx(np.clip(y[0, 0].numpy(), -limits, limits), abs=1e-5)


def test_the_card_carries_the_wiring_and_the_neurons(tmp_path):
    torch.save(wired(6).state_dict(), tmp_path / "theirs.pt")
    card = import_ncps(tmp_path / "theirs.pt", tmp_path / "ours.onnx", camera=CAMERA)
    assert card.wiring is not None
    assert len(card.neurons) == 16


@pytest.mark.parametrize(
    ("module", "words"),
    [
        (lambda: wired(7), "7 inputs"),
        (lambda: ncps.torch.CfC(6, 16), "16 outputs, expected 4"),
        (lambda: torch.nn.Linear(3, 4), "expected one ncps network"),
    ],
)
def test_a_network_that_does_not_fit_is_refused_in_one_line(module, words, tmp_path):
    torch.save(module().state_dict(), tmp_path / "theirs.pt")
    with pytest.raises(NcpsStateError, match=words) as refusal:
        import_ncps(tmp_path / "theirs.pt", tmp_path / "ours.onnx", camera=CAMERA)
    assert "\n" not in str(refusal.value)
    assert not (tmp_path / "ours.onnx").exists()
