"""A network trained with ncps becomes a policy that commands what ncps would."""

import ncps.torch
import ncps.wirings
import numpy as np
import pytest
import torch

from liquid_control.contract import VELOCITY, Observation, image_input, imu_input
from liquid_control.errors import ConfigError
from liquid_control.importers.ncps.policy import import_ncps
from liquid_control.importers.ncps.state_dict import NcpsStateError
from liquid_control.policy import load_policy
from liquid_control.policy.golden import golden_values

IMAGE = image_input(width=8, height=6)


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
    import_ncps(tmp_path / "theirs.pt", tmp_path / "ours.onnx", image=IMAGE)
    policy, state = load_policy(tmp_path / "ours.onnx"), None
    limits = np.array([field.high for field in VELOCITY.fields])
    for step in range(20):
        values = golden_values(5, step, {"image": IMAGE, "imu": imu_input()})
        x = torch.tensor(features(values["image"], values["imu"], inputs), dtype=torch.float32)
        with torch.no_grad():
            y, state = theirs(x[None, None], state)
        command = policy.step(Observation(step, 0.05, values)).values
        assert command == pytest.approx(np.clip(y[0, 0].numpy(), -limits, limits), abs=1e-5)


@pytest.mark.parametrize(
    ("inputs", "names", "clock"),
    [
        (6, ["imu"], "imu"),
        (48, ["image"], "image"),
        (144, ["image"], "image"),
        (150, ["image", "imu"], "image"),
    ],
)
def test_a_policy_asks_for_what_its_network_sees_and_nothing_else(inputs, names, clock, tmp_path):
    torch.save(wired(inputs).state_dict(), tmp_path / "theirs.pt")
    card = import_ncps(tmp_path / "theirs.pt", tmp_path / "ours.onnx", image=IMAGE)
    assert list(card.inputs) == names
    assert card.clock == clock
    assert load_policy(tmp_path / "ours.onnx").card == card


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"mode": "bogus"}, "mode is 'bogus'; choose one of default, no_gate"),
        ({"activation": "step"}, "backbone_activation is 'step'; choose one of lecun_tanh"),
    ],
)
def test_an_option_that_there_is_not_gets_one_line(option, words, tmp_path):
    dense = ncps.torch.CfC(6, 8, proj_size=4)
    torch.save(dense.state_dict(), tmp_path / "theirs.pt")
    with pytest.raises(ConfigError, match=words) as refusal:
        import_ncps(tmp_path / "theirs.pt", tmp_path / "ours.onnx", image=IMAGE, **option)
    assert "\n" not in str(refusal.value)
    assert not (tmp_path / "ours.onnx").exists()


def test_the_card_carries_the_wiring_and_the_neurons(tmp_path):
    torch.save(wired(6).state_dict(), tmp_path / "theirs.pt")
    card = import_ncps(tmp_path / "theirs.pt", tmp_path / "ours.onnx", image=IMAGE)
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
        import_ncps(tmp_path / "theirs.pt", tmp_path / "ours.onnx", image=IMAGE)
    assert "\n" not in str(refusal.value)
    assert not (tmp_path / "ours.onnx").exists()
