"""The network before training: what it begins with decides whether a cell learns to look."""

import msgspec
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from liquid_control.contract import (
    VELOCITY,
    CommandCard,
    CommandField,
    Observation,
    PolicyCard,
    goal_input,
    image_input,
    imu_input,
    odometry_input,
    vector_input,
)
from liquid_control.errors import ConfigError
from liquid_control.networks.cells import CELLS
from liquid_control.networks.encoders.eye import Eye
from liquid_control.networks.export import export
from liquid_control.networks.policy import NetworkConfig, PolicyNetwork
from liquid_control.policy import load_policy
from liquid_control.policy.golden import golden_values

CARD = PolicyCard("test", {"image": image_input(), "imu": imu_input()}, VELOCITY, hidden_size=1)
ROVER = PolicyCard(
    "rover",
    {
        "odometry": odometry_input(),
        "order": goal_input(("chair", "barrel"), ("red", "blue")),
        "front": image_input(36, 48),
        "range": vector_input(("front_m", "back_m")),
    },
    CommandCard(
        "speed_and_turn",
        (
            CommandField("forward_m_s", -0.5, 1.5, 4.0),
            CommandField("left_m_s", 0.0, 0.0, 4.0),
            CommandField("throttle", 0.0, 1.0, 2.0, 0.5),
        ),
    ),
    hidden_size=1,
    clock="front",
)


def images(seed, count):
    shape = (count, *CARD.inputs["image"].shape)
    return torch.randint(0, 256, shape, dtype=torch.uint8, generator=torch.manual_seed(seed))


def values_of(card, batch, time):
    """Golden values of a card by input name, (batch, time, *shape)."""
    steps = [golden_values(3, step, card.inputs) for step in range(batch * time)]
    return {
        name: torch.stack([torch.from_numpy(step[name]) for step in steps]).unflatten(
            0, (batch, time)
        )
        for name in card.inputs
    }


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return PolicyNetwork(NetworkConfig(), CARD)


@pytest.fixture(scope="module")
def rover():
    torch.manual_seed(0)
    config = NetworkConfig("gru", {"units": 8}, {"front": {"name": "order_eye", "features": 12}})
    network = PolicyNetwork(config, ROVER)
    with torch.no_grad():
        network.head.weight.mul_(20)
    return network


@given(seed=st.integers(0, 1000), scale=st.floats(0.1, 1e3))
@settings(max_examples=20)
def test_features_have_size_1_however_small_or_large_the_weights_become(seed, scale):
    torch.manual_seed(seed)
    eye = Eye(image_input())
    with torch.no_grad():
        for weight in eye.project.parameters():
            weight.mul_(scale)
        features = eye(images(seed, 4))
    assert torch.allclose(features.mean(1), torch.zeros(4), atol=1e-4)
    assert torch.allclose(features.std(1), torch.ones(4), atol=0.1)


def test_an_untrained_eye_tells_one_image_from_another(network):
    features = network.encoders["image"](images(0, 8))
    assert features.std(0).mean() > 0.2


@pytest.mark.parametrize("cell", CELLS.names())
def test_an_untrained_policy_hardly_moves(cell):
    torch.manual_seed(0)
    network = PolicyNetwork(NetworkConfig(cell, {"units": 64}), CARD)
    hidden = network.cell.initial_state(8)
    command, _ = network(images(0, 8), torch.randn(8, 6), torch.full((8, 1), 0.05), hidden)
    assert (command / network.command_scale).abs().max() < 0.25


@pytest.mark.parametrize("which", ["network", "rover"])
def test_a_sequence_gives_the_commands_of_repeated_steps(which, request):
    network = request.getfixturevalue(which)
    values = values_of(network.card, 2, 6)
    dts = torch.rand(2, 6, 1) * 0.1 + 0.01
    hidden = network.cell.initial_state(2)
    whole, last = network.decide(network.look(values), dts, hidden)
    for t in range(6):
        inputs = (values[name][:, t] for name in network.card.inputs)
        command, hidden = network(*inputs, dts[:, t], hidden)
        assert torch.allclose(command, whole[:, t], atol=1e-5)
    assert torch.allclose(hidden, last, atol=1e-5)


def test_a_reset_forgets_what_came_before(network):
    values, dts = values_of(CARD, 1, 4), torch.full((1, 4, 1), 0.05)
    reset = torch.tensor([[False, False, True, False]])
    features, zero = network.look(values), network.cell.initial_state(1)
    whole, _ = network.decide(features, dts, zero, reset)
    alone, _ = network.decide(features[:, 2:], dts[:, 2:], zero)
    assert torch.allclose(whole[:, 2:], alone, atol=1e-6)
    assert not torch.allclose(network.decide(features, dts, zero)[0][:, 2:], alone, atol=1e-6)


def test_the_step_counts_time_in_the_cards_nominal_steps():
    torch.manual_seed(0)
    slow_card = msgspec.structs.replace(
        CARD, timing=msgspec.structs.replace(CARD.timing, nominal_dt_s=0.1)
    )
    config = NetworkConfig("ltc", {"units": 8})
    network, slow = PolicyNetwork(config, CARD), PolicyNetwork(config, slow_card)
    slow.load_state_dict(network.state_dict())
    seen = (images(0, 1), torch.randn(1, 6))
    hidden = torch.full((1, 8), 0.3)
    state = network(*seen, torch.tensor([[0.05]]), hidden)[1]
    assert torch.allclose(slow(*seen, torch.tensor([[0.1]]), hidden)[1], state, atol=1e-6)
    assert not torch.allclose(slow(*seen, torch.tensor([[0.05]]), hidden)[1], state, atol=1e-4)


def test_only_the_eye_is_computed_in_half_precision(network):
    values = values_of(CARD, 2, 3)
    exact = network.look(values)
    with torch.autocast("cpu", torch.bfloat16):
        half = network.look(values)
    assert half.dtype == torch.float32
    assert torch.equal(half[..., 64:], exact[..., 64:])
    rounded = (half[..., :64] - exact[..., :64]).abs().max()
    assert 0 < rounded < 0.2


def test_a_frozen_encoder_is_given_as_what_it_saw_and_learns_no_more():
    torch.manual_seed(0)
    network = PolicyNetwork(NetworkConfig("gru", {"units": 4}), CARD)
    values = values_of(CARD, 2, 3)
    whole = network.look(values).detach()
    eye = network.encoders["image"]
    seen = eye(values["image"].flatten(0, 1)).unflatten(0, (2, 3)).detach()
    network.freeze("image")
    features = network.look({**values, "image": seen})
    assert torch.allclose(features, whole)
    command, _ = network.decide(features, torch.full((2, 3, 1), 0.05), torch.zeros(2, 4))
    command.sum().backward()
    assert all(weight.grad is None for weight in eye.parameters())
    assert all(weight.grad is not None for weight in network.head.parameters())


def test_a_step_of_a_network_with_a_frozen_encoder_takes_its_input_as_ever():
    torch.manual_seed(0)
    network = PolicyNetwork(NetworkConfig("gru", {"units": 4}), CARD)
    given = (images(0, 1), torch.randn(1, 6), torch.full((1, 1), 0.05), torch.zeros(1, 4))
    before = network(*given)[0]
    network.freeze("image")
    assert torch.equal(network(*given)[0], before)


# --- any inputs, any command


def test_a_command_keeps_within_the_cards_scale_around_rest(rover):
    generator = torch.manual_seed(1)
    ys = 100 * torch.randn(50, 8, generator=generator)
    commands = rover.command(ys)
    rest, scale = torch.tensor([0.0, 0.0, 0.5]), torch.tensor([1.5, 0.0, 0.5])
    assert ((commands - rest).abs() <= scale + 1e-6).all()
    assert (commands[:, 0].abs() > 1).any() and (commands[:, 2] > 0.9).any()


def test_a_field_without_motion_stays_at_rest(rover):
    values = values_of(ROVER, 1, 5)
    commands, _ = rover.decide(
        rover.look(values), torch.full((1, 5, 1), 0.05), rover.cell.initial_state(1)
    )
    assert (commands[..., 1] == 0).all()
    assert (commands[..., 0] != 0).all()


def test_a_policy_of_other_inputs_is_exported_and_flies(rover, tmp_path):
    card = export(rover, rover.card, tmp_path / "rover.onnx")
    policy = load_policy(tmp_path / "rover.onnx")
    assert policy.card == card
    hidden = rover.cell.initial_state(1)
    for step in range(5):
        values = golden_values(9, step, ROVER.inputs)
        command = policy.step(Observation(step, 0.05, values))
        inputs = [torch.from_numpy(value)[None] for value in values.values()]
        expected, hidden = rover(*inputs, torch.tensor([[0.05]]), hidden)
        assert command.kind == "speed_and_turn"
        assert command.values == pytest.approx(expected[0].tolist(), abs=1e-5)


def test_every_input_of_the_card_moves_the_command(rover):
    values = values_of(ROVER, 1, 1)
    dts, hidden = torch.full((1, 1, 1), 0.05), rover.cell.initial_state(1)
    base = rover.decide(rover.look(values), dts, hidden)[0]
    for name, value in values.items():
        changed = values | {name: 255 - value if value.dtype == torch.uint8 else value + 0.5}
        assert not torch.equal(rover.decide(rover.look(changed), dts, hidden)[0], base), name


def test_the_card_says_what_the_network_is_made_of(rover):
    card = rover.card
    assert card.hidden_size == 8
    assert card.network["cell"] == "gru"
    assert card.network["encoders"]["front"] == {"name": "order_eye", "features": 12}
    assert card.network["encoders"]["range"] == {"name": "vector"}
    wired = PolicyNetwork(NetworkConfig("wired_cfc", {"units": 12}), CARD).card
    assert wired.wiring is not None and len(wired.neurons) == 12


def test_an_encoder_of_an_input_that_is_not_there_gets_one_line():
    with pytest.raises(ConfigError, match="no input 'lidar'; the inputs are image, imu"):
        PolicyNetwork(NetworkConfig(encoders={"lidar": {}}), CARD)
