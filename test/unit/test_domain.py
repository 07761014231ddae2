"""Pictures that are unlike those of training: found by a name, told, and braked for if asked."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from bundles import put
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pilots import CARD, MS, Says, frame, imu

from liquid_control.contract import Domain, PolicyCard
from liquid_control.networks.export import with_domain
from liquid_control.pipeline import Pilot
from liquid_control.policy import bundle, load_policy
from liquid_control.record.status import WARN, level, to_text
from liquid_control.safety.faults import Fault, Problem
from liquid_control.safety.gate import Mode
from liquid_control.safety.lasting import Lasting
from liquid_control.safety.settings import SafetySettings
from liquid_control.sensors.domain import foreign, reference, statistics

PERIOD_MS = 50


def scene(number: int) -> np.ndarray:
    """Return a 96x64 picture of a blue sky, a brown ground and a coloured thing."""
    rng = np.random.default_rng(number)
    image = np.empty((64, 96, 3), np.float32)
    image[:32], image[32:] = (120, 160, 230), (130, 100, 60)
    image[20:44, 10 * (number % 7) : 10 * (number % 7) + 20] = rng.integers(0, 256, 3)
    image += rng.normal(0.0, 4.0, image.shape) * rng.uniform(0.6, 1.0)
    return np.clip(image * rng.uniform(0.8, 1.0), 0, 255).astype(np.uint8)


DOMAIN = reference([statistics(scene(n)) for n in range(1000, 1600)], flights=600)
KNOWING = msgspec.structs.replace(CARD, domain={"image": DOMAIN})
NOISE = np.random.default_rng(1).integers(0, 256, (64, 96, 3), np.uint8)
STRANGE = {
    "colour": np.repeat(scene(5).mean(2, keepdims=True).astype(np.uint8), 3, 2),
    "grain": NOISE,
    "flattest part": np.where(np.arange(96)[None, :, None] < 48, 0, scene(5)).astype(np.uint8),
    "brightest part": np.zeros((64, 96, 3), np.uint8),
    "top against bottom": scene(5)[::-1],
}


def test_no_picture_like_those_of_the_reference_is_foreign():
    assert not any(foreign(scene(n), DOMAIN) for n in range(200, 400))


@pytest.mark.parametrize("name", STRANGE)
def test_a_strange_picture_is_foreign(name):
    problem = foreign(STRANGE[name], DOMAIN)
    assert problem is not None and problem.fault is Fault.OUT_OF_DOMAIN


@pytest.mark.parametrize("name", STRANGE)
def test_each_statistic_finds_by_itself_what_it_is_for(name):
    only = msgspec.structs.replace(DOMAIN, ranges={name: DOMAIN.ranges[name]})
    problem = foreign(STRANGE[name], only)
    assert problem is not None and problem.detail.startswith(f"{name} ")
    low, high = only.ranges[name]
    assert problem.detail.endswith(f"in training {low:.2f} to {high:.2f}")


def test_a_statistic_of_a_later_version_is_left_out():
    assert foreign(NOISE, msgspec.structs.replace(DOMAIN, ranges={"taste": (0.0, 0.0)})) is None


@given(arrays(np.uint8, st.tuples(st.integers(4, 40), st.integers(6, 40), st.just(3))))
def test_every_picture_has_finite_statistics(image):
    found = statistics(image)
    assert found.keys() == DOMAIN.ranges.keys()
    assert np.isfinite(list(found.values())).all()


def flown(settings, pictures, card=KNOWING):
    """Return the steps of a flight with these pictures, one each 50 ms."""
    pilot, steps = Pilot(Says(card=card), settings), []
    for i, image in enumerate(pictures):
        ms = PERIOD_MS * i
        pilot.take(imu(ms, gyro=(1e-3 * (i % 7), 0.0, 0.0)))
        steps.append(pilot.take(frame(ms, image=image)))
    return steps


SCENES = [scene(n) for n in range(200, 220)]
NOISES = [np.roll(NOISE, i, 0) for i in range(40)]


def test_strange_pictures_are_flown_with_a_warning_by_default():
    steps = flown(SafetySettings(), [*SCENES, *NOISES])
    assert all(step.mode is Mode.ACTIVE and step.problem is None for step in steps)
    assert [step.warning is not None for step in steps] == [False] * 20 + [True] * 40
    told = to_text(steps[-1])
    assert told["warning"].startswith("out_of_domain") and told["fault"] == ""
    assert level(steps[-1]) == WARN and level(steps[0]) != WARN
    assert to_text(steps[0])["warning"] == ""


def test_strange_pictures_that_last_brake_where_the_operator_asks_for_it():
    settings = SafetySettings(out_of_domain_after_s=0.5)
    steps = flown(settings, [*SCENES, *NOISES, *SCENES])
    braked = [i for i, step in enumerate(steps) if step.fault is Fault.OUT_OF_DOMAIN]
    assert braked == list(range(30, 60))
    assert not any(steps[59].command.values) and steps[-1].mode is Mode.ACTIVE


def test_strange_pictures_in_between_do_not_add_up():
    settings = SafetySettings(out_of_domain_after_s=0.3)
    pictures = [image for pair in zip(NOISES, NOISES, SCENES * 2, strict=True) for image in pair]
    assert not any(step.fault for step in flown(settings, pictures))


def test_a_card_without_a_reference_checks_nothing():
    assert not any(step.warning for step in flown(SafetySettings(), NOISES, CARD))


def test_what_lasts_is_told_apart_from_what_begins_anew():
    odd = Problem(Fault.OUT_OF_DOMAIN)
    lasting = Lasting().take(odd, 0).take(odd, 100 * MS)
    assert lasting.brakes(100 * MS, 0.1) is odd and lasting.brakes(100 * MS, 0.2) is None
    assert lasting.brakes(10**12, 0.0) is None
    assert lasting.take(None, 200 * MS).take(odd, 300 * MS).brakes(350 * MS, 0.1) is None


def test_a_reference_is_written_and_nothing_else_of_the_policy_changes(tiny_policy_path, tmp_path):
    out = tmp_path / "knows.onnx"
    with_domain(tiny_policy_path, {"image": DOMAIN}, out)
    old, new = bundle.load(tiny_policy_path), bundle.load(out)
    assert new.card.domain == {"image": DOMAIN}
    assert msgspec.structs.replace(new.card, domain=msgspec.UNSET) == old.card
    assert bytes(graph_of(old.model)) == bytes(graph_of(new.model))
    assert load_policy(out).sha256 != load_policy(tiny_policy_path).sha256


def graph_of(model: bytes) -> bytes:
    from liquid_control.policy.protobuf import fields

    return dict(fields(model))[7]  # ModelProto.graph


def test_a_card_without_a_reference_is_written_as_it_always_was():
    assert "domain" not in bundle.encode_card(CARD)


def test_a_damaged_file_is_not_written_over(tiny_policy_path, tmp_path):
    path = put(tmp_path / "bad.onnx", tiny_policy_path.read_bytes()[:-9])
    before = path.read_bytes()
    with pytest.raises(bundle.BundleError):
        with_domain(path, {"image": DOMAIN}, path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["imu", "rear"])
def test_a_reference_of_what_is_no_image_is_refused(name):
    with pytest.raises(ValueError, match="of an image"):
        PolicyCard("x", CARD.inputs, CARD.command, 1, domain={name: DOMAIN})


def test_a_reference_whose_range_is_none_is_refused():
    with pytest.raises(ValueError, match="low to high"):
        Domain({"colour": (1.0, 0.0)}, 0.1, 1, 1)
