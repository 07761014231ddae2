"""What a policy thinks, live: neurons, reasons and saliency, when they are asked for."""

import threading

import numpy as np
import pytest
from robot import FAILURE
from sensor_msgs.msg import Image, JointState

from liquid_control.contract import VELOCITY, Observation, PolicyCard, imu_input
from liquid_control.networks.export import export
from liquid_control.networks.policy import NetworkConfig, PolicyNetwork
from liquid_control.nodes.views import saliency, time_constants
from liquid_control.policy import load_policy
from liquid_control.reasons import read_readout
from liquid_control.saliency import occlusion


@pytest.fixture(scope="module")
def blind_policy_path(tmp_path_factory):
    """A policy without a camera and without a state."""
    inputs = {"imu": imu_input()}
    card = PolicyCard("blind", inputs, VELOCITY, hidden_size=1, clock="imu")
    network = PolicyNetwork(NetworkConfig("feedforward", {"units": 8}), card)
    path = tmp_path_factory.mktemp("blind") / "blind.onnx"
    export(network, network.card, path)
    return path


@pytest.fixture
def watched(robot):
    def make(**parameters):
        r = robot(overrides=parameters)
        r.neurons = []
        r.node.create_subscription(JointState, "policy_node/neurons", r.neurons.append, 100)
        r.start()
        return r

    return make


def test_the_state_after_every_step_goes_out_by_name_with_the_stamp_of_its_frame(watched):
    r = watched(show="neurons")
    r.until(lambda: r.node.count_publishers("policy_node/neurons"))
    r.fly(4)
    r.until(lambda: len(r.neurons) >= 3)
    last = r.neurons[-1]
    size = r.policy._policy.card.hidden_size
    assert len(last.name) == len(set(last.name)) == len(last.position) == size
    stamps = [(m.header.stamp.sec, m.header.stamp.nanosec) for m in r.commands]
    assert (last.header.stamp.sec, last.header.stamp.nanosec) in stamps
    hidden = r.policy._policy.hidden[0]
    r.until(lambda: np.allclose(r.neurons[-1].position, hidden, atol=1e-7))
    assert r.neurons[0].position != r.neurons[-1].position


def test_nothing_goes_out_and_no_topic_is_there_unless_it_is_asked_for(watched):
    r = watched()
    r.fly(2)
    assert not r.node.count_publishers("policy_node/neurons")


# --- reasons


def test_the_parts_of_every_command_add_up_to_what_the_policy_said(watched, tiny_policy_path):
    r = watched(show="reasons")
    reasons, policy = [], r.policy._policy
    r.node.create_subscription(JointState, "policy_node/reasons", reasons.append, 100)
    r.until(lambda: r.node.count_publishers("policy_node/reasons"))
    r.fly(4)
    r.until(lambda: len(reasons) >= 3)
    readout = read_readout(tiny_policy_path)
    said = readout.command(readout.of_state(policy.hidden[0])) - readout.rest
    r.until(lambda: np.allclose(_sums(reasons[-1]), said, atol=1e-4))
    assert {"forward_m_s/n0", "yaw_rate_rad_s/bias"} <= set(reasons[-1].name)


def _sums(message) -> np.ndarray:
    """Return the sum of the parts of each field."""
    fields = list(dict.fromkeys(name.partition("/")[0] for name in message.name))
    return np.array(message.position).reshape(len(fields), -1).sum(axis=1)


# --- saliency


def test_a_map_is_that_of_the_same_squares_hidden_one_by_one(tiny_policy_path):
    policy, given = load_policy(tiny_policy_path), _observation()
    before = np.full((1, policy.card.hidden_size), 0.1, np.float32)
    found = saliency.map_of(policy, "image", given, before)

    def said(picture):
        policy.reset()
        policy.hidden[:] = before
        values = {**given.values, "image": picture}
        return np.array(policy.step(Observation(0, given.dt_s, values)).values)

    scale = np.array([field.scale or 1.0 for field in policy.card.command.fields])
    image = given.values["image"]
    expected = occlusion(lambda some: np.array([said(one) / scale for one in some]), image)
    assert np.allclose(found, expected, atol=1e-9) and found.sum() == pytest.approx(1.0)


def _observation() -> Observation:
    rng = np.random.default_rng(1)
    image = rng.integers(0, 256, (64, 96, 3), np.uint8)
    return Observation(7, 0.05, {"image": image, "imu": np.zeros(6, np.float32)})


def test_maps_of_what_was_seen_go_out_in_their_own_time(watched):
    r = watched(show="saliency")
    maps = []
    r.node.create_subscription(Image, "policy_node/saliency", maps.append, 10)
    r.until(lambda: r.node.count_publishers("policy_node/saliency"))
    r.fly(3)
    r.until(lambda: maps)
    table = np.frombuffer(maps[0].data.tobytes(), "<f4")
    assert (maps[0].height, maps[0].width, maps[0].encoding) == (16, 24, "32FC1")
    assert table.sum() == pytest.approx(1.0, abs=1e-4) and table.min() >= 0.0


def test_a_command_never_waits_for_a_map(watched, monkeypatch):
    begun, may_end = threading.Event(), threading.Event()

    def slow(*_):
        begun.set()
        may_end.wait()
        return np.zeros((16, 24))

    monkeypatch.setattr(saliency, "map_of", slow)
    r = watched(show="saliency")
    try:
        r.fly(2)
        assert begun.wait(5.0)
        r.fly(4)
    finally:
        may_end.set()


# --- time constants


@pytest.mark.parametrize("tau_s", [0.1, 0.5])
def test_a_number_that_decays_has_its_own_time_constant(tau_s):
    times = np.arange(0.0, 5.0, 0.01)
    states = np.stack([np.exp(-times / tau_s), 1 - np.exp(-times / tau_s), 0 * times], axis=1)
    found = time_constants.time_constants(states, 0.01)
    assert found[:2] == pytest.approx(tau_s, abs=0.011)
    assert np.isnan(found[2]), "what rests has none"


def test_time_constants_go_out_by_name_while_it_flies(watched):
    r = watched(show="neurons,time_constants")
    constants = []
    topic = "policy_node/time_constants"
    r.node.create_subscription(JointState, topic, constants.append, 10)
    r.until(lambda: r.node.count_publishers(topic))
    r.fly(4)
    r.until(lambda: constants and r.neurons)
    assert constants[0].name == r.neurons[0].name
    seconds = np.array(constants[0].position)
    assert np.nanmin(seconds) > 0.0
    assert np.nanmax(seconds) <= time_constants.HELD_S


# --- what is not there


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        ("neurons,dreams", "unknown view 'dreams': expected one of neurons, picture, reasons,"),
        ("reasons", "it cannot be split"),
        ("saliency", "found no camera"),
        ("time_constants", "needs a policy with a state"),
    ],
)
def test_what_cannot_be_shown_is_refused_in_one_line(robot, blind_policy_path, shown, words):
    r = robot(blind_policy_path, overrides={"show": shown})
    assert r.policy.trigger_configure() == FAILURE
    assert words in r.lines()[-1]
