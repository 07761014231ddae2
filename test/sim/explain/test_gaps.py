"""`liquid-control explain --flight`: when a policy left its expert's way, and what made it."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from liquid_control_sim.explain import explain_flight
from liquid_control_sim.explain.gaps import ALL, SINCE, Gap, gaps_of
from liquid_control_sim.explain.mind import live, restored
from liquid_control_sim.explain.trace import trace
from liquid_control_sim.settings import world_of

PILOT = Path(__file__).parents[3] / "models/pilot_cfc.onnx"
SEED = 700_001


def world():
    return world_of("find", {"task": {"time_limit_s": 5.0}})


@pytest.fixture(scope="module")
def network():
    return restored(PILOT)


@pytest.fixture(scope="module")
def one():
    return next(trace(PILOT, world(), [SEED]))


def made_blind(one, network, what):
    """Return a flight as it would have been felt with some numbers of the eye out of the truth."""
    lived = live(network, one)
    columns = network.encoders["image"].told[what]
    features = lived.features.copy()
    features[:, columns] = np.random.default_rng(0).normal(0.0, 1.0, (len(features), len(columns)))
    return again(network, lived, features)


def again(network, lived, features):
    hidden, states, commands = network.cell.initial_state(1), [], []
    states.append(hidden[0].numpy())
    with torch.no_grad():
        for x, dt in zip(features, lived.dts, strict=True):
            seconds = torch.from_numpy(dt)[None, None] * network.card.timing.nominal_dt_s
            said, hidden = network.decide(torch.from_numpy(x)[None, None], seconds, hidden)
            commands.append(said[0, 0].numpy())
            states.append(hidden[0].numpy())
    return replace(lived, features=features, states=np.stack(states), commands=np.stack(commands))


def test_the_eye_without_fault_tells_where_the_ordered_thing_is(one, network):
    eye, goal = network.encoders["image"], torch.from_numpy(one.inputs["goal"])
    labels = {name: torch.from_numpy(one.labels[name].copy()) for name in eye.labels}
    told = dict(zip(eye.feature_names, eye.report(eye.truth(labels), goal).T, strict=True))
    in_view = torch.from_numpy(one.target.any(axis=(1, 2)))
    assert in_view.any()
    assert not in_view.all()
    assert told["seen"][in_view].min() > 0.9 > 0.1 > told["seen"][~in_view].max()
    height = torch.from_numpy(one.facts["height_m"]).log()
    assert (told["height"] - height).abs().max() < 0.1


def test_the_seconds_in_which_it_is_furthest_from_the_expert_are_named_in_order(one, network):
    lived, scale = live(network, one), network.command_scale.numpy()
    gap = (np.abs(lived.commands - one.wanted)[:, scale > 0] / scale[scale > 0]).mean(axis=1)
    gaps = gaps_of(network, one, lived)
    first, last = gaps[0].steps
    every = np.convolve(gap, np.ones(last - first) / (last - first), "valid")
    assert max(m.off for m in gaps) == pytest.approx(every.max(), rel=0.05)
    assert np.diff([m.at_s for m in gaps]).min() >= 1.0


@pytest.mark.parametrize("what", ["the ordered thing", "obstacles", "the height"])
def test_what_an_eye_told_wrongly_is_what_is_named(one, network, what):
    """Only that part was spoilt, and so only the truth about it mends the command."""
    honest = live(network, one)
    blind = made_blind(one, network, what)
    flown = replace(one, wanted=honest.commands)
    for gap in gaps_of(network, flown, blind):
        others = [gap.left[n] for n in gap.left if n not in (what, ALL, SINCE)]
        assert gap.left[what] < min(others)


def said(**left):
    rest = dict.fromkeys(("the ordered thing", "obstacles", "the height", ALL, SINCE), 1.0)
    return Gap((0, 20), 0.5, 0.4, "up_m_s", 0.1, 0.2, rest | left).verdict


def test_the_verdict_names_the_part_whose_truth_mends_most():
    assert "obstacles did it" in said(obstacles=0.3, **{ALL: 0.2, SINCE: 0.1})
    assert "more than one part" in said(**{ALL: 0.2, SINCE: 0.1})
    assert "earlier did it" in said(**{SINCE: 0.1})
    assert "Not its eye" in said()
    assert "nothing that has a truth" in Gap((0, 9), 0.5, 0.4, "up_m_s", 0, 0, {}).verdict


def test_a_flight_of_a_policy_without_a_map_is_told_too():
    flown = PILOT.with_name("fly_to_target_cfc.onnx")
    report = explain_flight(flown, world_of("fly_to_target", {"task": {"time_limit_s": 3.0}}), 1)
    assert report.gaps
    assert all(gap.left == {} for gap in report.gaps)
    assert "strips" in report.pictures


def test_the_command_writes_a_page_and_says_what_it_found(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("short.yaml").write_text("task: {name: find, time_limit_s: 3.0}\n")
    options = ["--world", "short.yaml", "--flight", str(SEED), "-o", "f.html", "--json", "f.json"]
    code, told, _ = command("explain", str(PILOT), *options)
    assert code == 0
    found = json.loads(Path("f.json").read_text())
    assert found["seed"] == SEED
    page = Path("f.html").read_text()
    for gap in found["gaps"]:
        assert gap["verdict"] in told.replace("\n", " ")
        assert gap["verdict"] in page
    assert "http" not in page.replace("http://www.w3.org", "")
