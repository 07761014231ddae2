"""An eye that another policy already has: taken as it is, or taught further."""

import msgspec
import pytest
import torch
from liquid_control_sim.learning.clone import Fit
from liquid_control_sim.learning.config import CollectConfig, EyeConfig, TrainConfig
from liquid_control_sim.learning.plan import plan
from liquid_control_sim.learning.taught import TaughtEye
from liquid_control_sim.learning.teach import teach

from liquid_control.errors import ConfigError
from liquid_control.networks.export import export
from liquid_control.networks.policy import NetworkConfig


def config(width: int = 16, cell: str = "gru", **more) -> TrainConfig:
    encoders = {
        "image": {"name": "order_map", "channels": [4, 8], "width": width, "depth": 1},
        "goal": {"name": "manner"},
    }
    return TrainConfig(
        name="other",
        task="find",
        seed=1,
        world={"sensors": {"image": {"width": 48, "height": 32}}},
        network=NetworkConfig(cell, {"units": 8}, encoders),
        **more,
    )


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    """The file of a policy with such an eye, and its network."""
    path = tmp_path_factory.mktemp("policy") / "policy.onnx"
    network = Fit.begin(config(), plan(config()).card).network
    export(network, network.card, path)
    return path, network


def taking(path, **more) -> TrainConfig:
    return config(cell="lstm", eye=EyeConfig(init_from=str(path)), **more)


def test_another_cell_begins_with_the_eye_of_the_policy_and_keeps_it(policy, tmp_path, silent):
    path, network = policy
    lessons = plan(msgspec.structs.replace(taking(path), seed=2))
    fit = Fit.begin(lessons.config, lessons.card)
    eyes = teach(fit.network, lessons, tmp_path, silent())
    torch.testing.assert_close(
        fit.network.encoders["image"].state_dict(), network.encoders["image"].state_dict()
    )
    assert fit.network.taught == {"image"}
    assert TaughtEye(eyes["image"]).features == network.encoders["image"].features
    assert [file.name for file in tmp_path.iterdir()] == ["image.onnx"]


def test_the_card_says_of_which_policy_the_eye_is(policy):
    lessons = plan(taking(policy[0]))
    fit = Fit.begin(lessons.config, lessons.card)
    assert len(lessons.card_of(fit.network, "0" * 64).training["eye_sha256"]) == 64


def test_an_eye_of_other_sizes_is_refused_in_one_line(policy):
    other = msgspec.structs.replace(config(width=32), eye=EyeConfig(init_from=str(policy[0])))
    with pytest.raises(
        ConfigError, match=r"^[^\n]*the encoder of 'image'[^\n]*eye.init_from[^\n]*$"
    ):
        Fit.begin(other, plan(other).card)


def test_with_worlds_the_eye_of_the_policy_learns_on(policy, tmp_path, silent, in_this_process):
    path, network = policy
    eye = EyeConfig(worlds=1, pictures=2, epochs=1, learning_rate=1e-5, init_from=str(path))
    lessons = plan(config(eye=eye, collect=CollectConfig(validation_flights=1)))
    fit = Fit.begin(lessons.config, lessons.card)
    teach(fit.network, lessons, tmp_path, silent())
    was, now = (n.encoders["image"].map.weight for n in (network, fit.network))
    assert 0.0 < (now - was).abs().max() < 1e-3
