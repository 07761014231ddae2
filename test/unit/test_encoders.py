"""What an input becomes before a cell reads it, and how an encoder of one's own gets in."""

import pytest
import torch

from liquid_control.contract import (
    VELOCITY,
    InputCard,
    PolicyCard,
    goal_input,
    image_input,
    imu_input,
    odometry_input,
    vector_input,
)
from liquid_control.errors import ConfigError
from liquid_control.networks.encoders import ENCODERS, make_encoder
from liquid_control.networks.export import export
from liquid_control.networks.policy import NetworkConfig, PolicyNetwork
from liquid_control.policy import load_policy

CARDS = {
    "image": image_input(48, 64),
    "imu": imu_input(),
    "goal": goal_input(("chair", "barrel"), ("red", "green", "blue")),
    "odometry": odometry_input(),
    "vector": vector_input(("front_m", "back_m", "left_m")),
}
CHAIR, RED, BLUE = 0, 2, 4


def order(*words):
    """A goal that says these words, (1, size)."""
    goal = torch.zeros(1, CARDS["goal"].size)
    goal[0, list(words)] = 1.0
    return goal


def plain(red, green, blue, batch=1):
    """An image of one colour, (batch, 48, 64, 3)."""
    colour = torch.tensor([red, green, blue], dtype=torch.uint8)
    return colour.expand(batch, 48, 64, 3).clone()


@pytest.mark.parametrize("name", ENCODERS.names())
def test_an_encoder_gives_as_many_features_as_it_says(name):
    kind = ENCODERS.get(name).kind
    encoder = make_encoder(name, CARDS[kind], {}, CARDS["goal"])
    card = CARDS[kind]
    x = torch.ones(3, *card.shape, dtype=getattr(torch, card.dtype))
    given = (x, order(CHAIR, RED).expand(3, -1)) if encoder.reads_goal else (x,)
    assert encoder(*given).shape == (3, encoder.features)


@pytest.mark.parametrize("kind", CARDS)
def test_every_input_kind_has_an_encoder_when_nothing_is_said(kind):
    card = PolicyCard("any", {"only": CARDS[kind]}, VELOCITY, hidden_size=1, clock="only")
    network = PolicyNetwork(NetworkConfig("gru", {"units": 4}), card)
    assert network.encoders["only"].kind == kind


def test_an_imu_at_rest_and_level_is_zero_and_a_wild_one_is_bounded():
    imu = make_encoder("imu", CARDS["imu"], {})
    assert not imu(torch.tensor([[0, 0, 0, 0, 0, 9.81]])).any()
    assert imu(torch.full((1, 6), 1e9)).tolist() == [[5.0] * 6]


def test_numbers_are_scaled_as_the_configuration_says():
    settings = {"mean": [1.0, 2.0, 3.0], "scale": 2.0}
    vector = make_encoder("vector", CARDS["vector"], settings)
    assert vector(torch.tensor([[2.0, 2.0, 0.0]])).tolist() == [[0.5, 0.0, -1.5]]


# --- the order


@pytest.fixture(scope="module")
def order_eye():
    torch.manual_seed(0)
    return make_encoder("order_eye", CARDS["image"], {"features": 8}, CARDS["goal"])


def test_the_order_changes_what_the_eye_sees(order_eye):
    image = torch.randint(0, 256, (1, 48, 64, 3), dtype=torch.uint8)
    seen = [order_eye(image, order(CHAIR, colour)) for colour in (RED, BLUE)]
    assert (seen[0] - seen[1]).abs().max() > 0.1


def test_without_an_order_the_filters_are_dark(order_eye):
    """Only RGB is left: what the filters would weigh changes nothing."""
    image = torch.randint(0, 256, (1, 48, 64, 3), dtype=torch.uint8)
    silent = torch.zeros(1, CARDS["goal"].size)
    before = order_eye(image, silent)
    weight = order_eye.of_filters.weight
    kept = weight.detach().clone()
    with torch.no_grad():
        weight *= 10
        assert torch.equal(order_eye(image, silent), before)
        weight.copy_(kept)


def test_an_order_can_be_a_filter_on_one_colour():
    """With a direction set by hand, "blue" lights the first filter on blue and on nothing else."""
    eye = make_encoder("order_eye", CARDS["image"], {"filters": 1}, CARDS["goal"])
    with torch.no_grad():
        eye.direction.weight.zero_()
        eye.direction.weight[:, BLUE] = torch.tensor([-1.0, -1.0, 1.0])
        eye.first.weight.zero_()

        def moves(image, goal):
            return not torch.equal(eye(image, goal), eye(plain(0, 0, 0), order()))

        assert moves(plain(0, 0, 255), order(CHAIR, BLUE))
        assert not moves(plain(0, 0, 255), order(CHAIR, RED))
        assert not moves(plain(255, 255, 0), order(CHAIR, BLUE))


@pytest.mark.parametrize("size", [(48, 64), (49, 65), (50, 63)])
def test_an_order_eye_takes_images_of_odd_and_even_sizes(size):
    eye = make_encoder("order_eye", image_input(*size), {"features": 8}, CARDS["goal"])
    image = torch.randint(0, 256, (2, *size, 3), dtype=torch.uint8)
    assert eye(image, order(CHAIR, RED).expand(2, -1)).shape == (2, 8)


def test_a_gradient_teaches_the_order_its_colour(order_eye):
    image = torch.randint(0, 256, (4, 48, 64, 3), dtype=torch.uint8)
    order_eye(image, order(CHAIR, BLUE).expand(4, -1)).square().sum().backward()
    gradient = order_eye.direction.weight.grad
    assert gradient[:, BLUE].any()
    assert not gradient[:, RED].any()
    order_eye.zero_grad()


# --- one's own


OWN_ENCODER = """
import torch
from torch import nn
from liquid_control.networks.encoders import Encoder

class Ranges(Encoder):
    kind = "ranges"

    def __init__(self, card, *, width=4):
        super().__init__(card, width)
        self.mix = nn.Linear(card.size, width)

    def forward(self, x, goal=None):
        return torch.tanh(self.mix(x.flatten(1)))

class Colours(Encoder):
    kind, reads_goal = "image", True

    def __init__(self, card, goal):
        super().__init__(card, goal.size + 3)

    def forward(self, x, goal=None):
        return torch.cat([x.float().mean((1, 2)) / 255, goal], dim=1)
"""


@pytest.fixture
def own(tmp_path):
    (tmp_path / "mine.py").write_text(OWN_ENCODER)
    return tmp_path / "mine.py"


def test_an_encoder_of_ones_own_for_a_kind_of_ones_own_flies(own, tmp_path):
    ranges = InputCard("ranges", (2, 3))
    card = PolicyCard("own", {"ranges": ranges}, VELOCITY, hidden_size=1, clock="ranges")
    encoders = {"ranges": {"name": f"{own}:Ranges", "width": 5}}
    network = PolicyNetwork(NetworkConfig("gru", {"units": 4}, encoders), card)
    assert network.encoders["ranges"].features == 5
    export(network, network.card, tmp_path / "own.onnx")
    assert load_policy(tmp_path / "own.onnx").card.inputs == {"ranges": ranges}


def test_an_encoder_of_ones_own_may_read_the_goal(own):
    inputs = {"image": CARDS["image"], "goal": CARDS["goal"]}
    card = PolicyCard("own", inputs, VELOCITY, hidden_size=1)
    config = NetworkConfig("gru", {"units": 4}, {"image": {"name": f"{own}:Colours"}})
    features = PolicyNetwork(config, card).look(
        {"image": plain(255, 0, 0)[None], "goal": order(CHAIR, RED)[None]}
    )
    said = order(CHAIR, RED)[0].tolist()
    assert features.tolist() == [[[1.0, 0.0, 0.0, *said, *said]]]


@pytest.mark.parametrize(
    ("inputs", "encoders", "words"),
    [
        (("image",), {"image": {"name": "ear"}}, "unknown encoder 'ear': expected one of eye"),
        (("image",), {"image": {"name": "imu"}}, "input 'image': the encoder 'imu' reads imu"),
        (("image",), {"image": {"name": "order_eye"}}, "reads a goal, but no input"),
        (("image",), {"image": {"colours": 3}}, "has no setting 'colours'; it has features"),
        (("image",), {"image": {"features": -1}}, "cannot be made with .features=-1"),
        (("vector", "image"), {"vector": {"scale": 0.0}}, "every scale above 0"),
        (
            ("vector", "image"),
            {"vector": {"mean": [1, 2]}},
            "3 numbers for mean, found 2",
        ),
    ],
)
def test_an_encoder_that_cannot_be_made_gets_one_line(inputs, encoders, words):
    card = PolicyCard("any", {n: CARDS[n] for n in inputs}, VELOCITY, hidden_size=1)
    with pytest.raises(ConfigError, match=words) as refused:
        PolicyNetwork(NetworkConfig(encoders=encoders), card)
    assert "\n" not in str(refused.value)


def test_an_image_too_small_for_the_eye_gets_one_line():
    with pytest.raises(ConfigError, match="the encoder 'eye' of encoder cannot be made"):
        make_encoder("eye", image_input(16, 24), {})
