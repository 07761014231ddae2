"""`liquid-control explain`: one page about a policy, and every number on it."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from liquid_control_sim.explain import explain, report
from liquid_control_sim.explain.mind import Moments, live, restored
from liquid_control_sim.explain.reasons import inputs_of
from liquid_control_sim.explain.trace import trace
from liquid_control_sim.settings import world_of

from liquid_control.contract import Observation
from liquid_control.errors import ConfigError
from liquid_control.networks.policy import NetworkConfig, PolicyNetwork
from liquid_control.policy import load_policy

MODELS = Path(__file__).parents[3] / "models"
PILOT = MODELS / "pilot_cfc.onnx"
SEEDS = range(700_000, 700_002)
SIZES = {"MOMENTS": 24, "ABLATED": 30, "PICTURES": 3}


def world():
    return world_of("find", {"task": {"time_limit_s": 3.0}})


@pytest.fixture(scope="module")
def traces():
    return list(trace(PILOT, world(), SEEDS))


@pytest.fixture(scope="module")
def network():
    return restored(PILOT)


@pytest.fixture(scope="module")
def found(silent):
    with pytest.MonkeyPatch.context() as patch:
        for name, size in SIZES.items():
            patch.setattr(report, name, size)
        return explain(PILOT, world(), SEEDS, silent())


def test_a_network_that_sees_a_flight_again_says_what_the_policy_said(network, traces):
    policy, one = load_policy(PILOT), traces[0]
    policy.reset()
    said = [
        policy.step(Observation(0, float(dt), {k: v[i] for k, v in one.inputs.items()})).values
        for i, dt in enumerate(one.dt_s)
    ]
    assert np.abs(live(network, one).commands - np.array(said)).max() < 1e-4


def test_what_was_true_stands_beside_every_step(traces):
    for one in traces:
        assert {len(v) for v in one.facts.values()} == {len(one.dt_s)}
        assert (np.abs(one.facts["target_bearing_rad"]) <= np.pi).all()
        in_view = one.target.any(axis=(1, 2))
        assert np.abs(one.facts["target_bearing_rad"][in_view]).max() < 1.0


def test_what_is_known_is_asked_of_facts_and_of_what_the_expert_remembers(found):
    asked = {one.fact for one in found.known}
    assert {"speed_forward_m_s", "expert: turned"} <= asked
    assert all(0.0 <= v <= 1.0 for one in found.known for v in (one.by_state, one.by_inputs))
    assert all(f"<td>{fact}</td>" in found.page() for fact in asked)


# --- reasons


def test_the_parts_of_every_command_add_up_to_it(found):
    assert found.parts_off < 1e-5


def test_without_the_neurons_that_are_named_commands_change_more_than_without_others(found):
    assert found.ablation.named > found.ablation.random
    assert found.ablation.difference[0] > 0.0


def test_what_the_inputs_did_adds_up_to_the_change_of_the_command(found):
    assert found.inputs.off < 2e-3
    assert np.abs(found.inputs.parts).sum(axis=2).max() > 0.1


def test_an_input_that_is_as_usual_did_nothing(network):
    moments = Moments(
        torch.randn(2, network.cell.input_size),
        torch.zeros(2, network.cell.state_size),
        torch.ones(2, 1),
    )
    mean = torch.zeros(network.cell.input_size)
    mean[3] = 1.0
    moments.x[:, 3] = 1.0
    parts = inputs_of(network, moments, mean.numpy()).parts
    assert (parts[..., 3] == 0.0).all() and np.abs(parts).max() > 0.0


# --- the picture


def test_the_pilot_looks_at_what_it_was_told_and_at_obstacles_more_than_an_untrained_one(found):
    s = found.saliency
    assert s.first.on_target > 1.2 * s.area
    assert s.first.on_target > s.first.untrained + 0.05
    assert s.first.stable > 0.5
    for one in s.looks:
        assert one.map.sum() == pytest.approx(1.0) and one.map.min() >= 0.0


def test_hiding_what_a_map_names_changes_the_command_more_than_hiding_anything(found):
    first, *others = found.saliency.methods.values()
    assert first.top > 2.0 * first.random
    assert all(method.top > method.random for method in others)


def test_the_eyes_own_map_lies_on_the_ordered_thing(found):
    own = list(found.saliency.methods.values())[-1]
    assert own.on_target > 0.6 > own.untrained


# --- the page


def test_the_page_is_one_file_whose_every_picture_says_what_it_shows(found):
    page = found.page()
    sources = re.findall(r'<img src="([^"]*)" alt="([^"]+)"', page)
    assert len(sources) == len(found.pictures) == page.count("<img")
    assert all(source.startswith("data:image/png;base64,") for source, _ in sources)
    assert not re.search(r'(?:src|href)="(?!data:)|url\(|@import|https?://', page)
    assert page.count("<figcaption>") == page.count("<figure>")


def test_the_numbers_of_the_page_are_plain_data(found):
    numbers = found.numbers()
    assert numbers["outcomes"] and numbers["steps"] > 30
    assert {"on_target", "area", "untrained", "stable", "pictures"} <= set(numbers["saliency"])
    assert numbers["timescale_s"]["p10"] < numbers["timescale_s"]["p90"]


def test_a_cell_that_keeps_no_state_is_shown_without_what_it_has_not(
    tmp_path, silent, monkeypatch
):
    from liquid_control.networks.export import export

    card = load_policy(MODELS / "fly_to_target_cfc.onnx").card
    made = PolicyNetwork(NetworkConfig("feedforward", {"units": 8}), card)
    export(made.eval(), made.card, tmp_path / "policy.onnx")
    settings = world_of("fly_to_target", {"task": {"time_limit_s": 2.0}})
    monkeypatch.setattr(report, "PICTURES", 1)
    one = explain(tmp_path / "policy.onnx", settings, SEEDS, silent())
    assert one.ablation is None and one.dynamics is None and one.circuit is None
    page = one.page()
    for sentence in ("no neuron is held still", "the wiring is left out", "are left out"):
        assert sentence in page
    assert {tree.name for tree in one.trees} == {f"y{i}" for i in range(8)}


def test_one_flight_is_too_few(silent):
    with pytest.raises(ConfigError, match=r"^expected two flights or more[^\n]*$"):
        explain(PILOT, world(), SEEDS[:1], silent())


def test_a_file_that_is_no_policy_is_refused_in_one_line(tmp_path, command):
    (tmp_path / "no.onnx").write_text("no policy")
    code, _, error = command("explain", tmp_path / "no.onnx", "-o", tmp_path / "page.html")
    assert code != 0 and len(error.strip().splitlines()) == 1
    assert not (tmp_path / "page.html").exists()
