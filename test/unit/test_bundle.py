"""A policy file is accepted whole and unchanged, or refused in one line."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import msgspec
import numpy as np
import onnx
import pytest
import torch
from bundles import put, refusal
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from liquid_control.contract import (
    VELOCITY,
    CommandCard,
    CommandField,
    GoldenRollout,
    PolicyCard,
    Score,
    Timing,
    goal_input,
    image_input,
    imu_input,
    odometry_input,
    vector_input,
)
from liquid_control.errors import BundleError
from liquid_control.networks.export import export, with_scores
from liquid_control.policy import bundle, verify
from liquid_control.policy.bundle import encode_card, load
from liquid_control.policy.golden import golden_values

GOLDEN = Path(__file__).parents[1] / "golden"
BLANK_ENTRY = bundle.DIGEST_KEY.encode() + b"\x12\x40" + bundle.BLANK_DIGEST.encode()


# --- a sound file


def test_a_sound_bundle_loads_with_its_card(tiny_policy_path, tiny_card, sound):
    loaded = load(tiny_policy_path)
    assert loaded.card.name == tiny_card.name
    assert loaded.card.hidden_size == tiny_card.hidden_size
    assert loaded.model == sound
    assert loaded.sha256 == hashlib.sha256(sound).hexdigest()


def test_a_path_may_be_given_as_text(tiny_policy_path):
    assert load(str(tiny_policy_path)) == load(tiny_policy_path)


def test_export_counts_the_parameters_for_the_card(tiny_policy_path, tiny_network):
    assert load(tiny_policy_path).card.parameters == sum(
        weight.numel() for weight in tiny_network.parameters()
    )


def test_onnx_finds_no_fault_with_an_exported_model(tiny_policy_path):
    onnx.checker.check_model(onnx.load(tiny_policy_path), full_check=True)


def test_sealing_the_same_model_and_card_again_gives_the_same_bytes(sound, reseal):
    assert reseal().read_bytes() == sound


def test_measured_scores_are_written_into_a_bundle_that_stays_sound(reseal):
    path = reseal()
    scores = (Score("none", 10, 9, 0, (0.6, 0.98)),)
    with_scores(path, scores)
    assert verify(path).policy.card == msgspec.structs.replace(reseal.card, scores=scores)


# --- a changed file


@given(data=st.data())
@hypothesis_settings(max_examples=300)
def test_one_changed_byte_anywhere_is_refused(sound, tmp_path_factory, data):
    position = data.draw(st.integers(0, len(sound) - 1), "position")
    flip = data.draw(st.integers(1, 255), "flip")
    changed = bytearray(sound)
    changed[position] ^= flip
    refusal(put(tmp_path_factory.getbasetemp() / "flipped.onnx", bytes(changed)), load)


@pytest.mark.parametrize("flip", [0x01, 0x20, 0x80])
def test_a_changed_byte_in_or_beside_the_digest_is_refused(sound, tmp_path, flip):
    start = sound.index(bundle.DIGEST_KEY.encode()) - 8
    for position in range(start, min(len(sound), start + 120)):
        changed = bytearray(sound)
        changed[position] ^= flip
        refusal(put(tmp_path / "flipped.onnx", bytes(changed)), load)


@given(data=st.data())
def test_a_file_cut_off_anywhere_is_refused(sound, tmp_path_factory, data):
    length = data.draw(st.integers(0, len(sound) - 1), "length")
    refusal(put(tmp_path_factory.getbasetemp() / "truncated.onnx", sound[:length]), load)


@given(tail=st.binary(min_size=1, max_size=200))
def test_a_file_with_something_appended_is_refused(sound, tmp_path_factory, tail):
    refusal(put(tmp_path_factory.getbasetemp() / "longer.onnx", sound + tail), load)


def test_an_edited_digest_is_refused_with_both_digests(sound, tmp_path):
    at = sound.index(bundle.DIGEST_KEY.encode()) + len(bundle.DIGEST_KEY) + 2
    edited = sound[:at] + b"0123456789abcdef" * 4 + sound[at + 64 :]
    message = refusal(put(tmp_path / "edited.onnx", edited), load)
    assert "0123456789ab" in message and sound[at : at + 12].decode() in message


def test_an_edited_card_is_refused_without_a_new_seal(sound, tmp_path):
    edited = sound.replace(b'"name":"tiny"', b'"name":"tin0"')
    assert edited != sound
    assert "SHA-256" in refusal(put(tmp_path / "edited.onnx", edited), load)


@given(junk=st.binary(max_size=2000))
def test_a_file_that_is_no_policy_is_refused(tmp_path_factory, junk):
    refusal(put(tmp_path_factory.getbasetemp() / "junk.onnx", junk))


@given(junk=st.binary(max_size=500), card=st.binary(max_size=200), last=st.booleans())
def test_sealed_junk_is_refused(tmp_path_factory, junk, card, last):
    entry = bundle.CARD_KEY.encode() + b"\x12" + card
    parts = (junk, BLANK_ENTRY, entry) if last else (entry, BLANK_ENTRY, junk)
    refusal(put(tmp_path_factory.getbasetemp() / "junk.onnx", bundle.seal(b"".join(parts))))


def test_an_onnx_model_of_somebody_else_is_refused(tiny_policy_path, tmp_path):
    model = onnx.load(tiny_policy_path)
    del model.metadata_props[:]
    assert "none" in refusal(put(tmp_path / "foreign.onnx", model.SerializeToString()))


def test_an_empty_file_is_refused(tmp_path):
    refusal(put(tmp_path / "empty.onnx", b""))


def test_a_missing_file_is_refused(tmp_path):
    assert "No such file" in refusal(tmp_path / "missing.onnx")


def test_a_directory_is_refused(tmp_path):
    assert "directory" in refusal(tmp_path)


# --- a sealed file whose card is wrong


def test_a_missing_card_is_refused(tiny_policy_path, tmp_path):
    model = onnx.load(tiny_policy_path)
    kept = [entry for entry in model.metadata_props if entry.key == bundle.DIGEST_KEY]
    kept[0].value = bundle.BLANK_DIGEST
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
    path = put(tmp_path / "cardless.onnx", bundle.seal(model.SerializeToString()))
    assert "card" in refusal(path)


@pytest.mark.parametrize("version", [0, 1, 3, None, "2"])
def test_a_card_of_another_schema_version_is_refused(seal_text, reseal, version):
    fields = json.loads(encode_card(reseal.card)) | {"schema_version": version}
    assert f"found {version}" in refusal(seal_text(json.dumps(fields)))


def test_a_card_with_an_unknown_field_is_refused_by_its_name(seal_text, reseal):
    fields = json.loads(encode_card(reseal.card)) | {"colour": "red"}
    assert "colour" in refusal(seal_text(json.dumps(fields)))


def test_a_card_without_a_required_field_is_refused_by_its_name(seal_text, reseal):
    fields = json.loads(encode_card(reseal.card))
    del fields["hidden_size"]
    assert "hidden_size" in refusal(seal_text(json.dumps(fields)))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("command", "fields", 0, "rate"), 0.0),
        (("command", "fields", 3, "high"), "fast"),
        (("timing", "nominal_dt_s"), -0.05),
        (("inputs", "image", "shape"), [0, 96, 3]),
        (("inputs", "image", "dtype"), "float64"),
        (("inputs", "imu", "max_age_s"), 0.0),
        (("golden", "seed"), None),
    ],
)
def test_a_card_with_a_value_out_of_its_range_is_refused(seal_text, reseal, path, value):
    fields = json.loads(encode_card(reseal.card))
    *outer, last = path
    part = fields
    for key in outer:
        part = part[key]
    part[last] = value
    assert str(last) in refusal(seal_text(json.dumps(fields)))


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("command", "fields", 0, "rest"), 9.0, "low <= rest <= high"),
        (("clock",), "radar", "expected the clock among the inputs, found 'radar'"),
        (("timing", "max_dt_s"), 2.0, "max_dt_s < reset_after_s"),
    ],
)
def test_a_card_that_contradicts_itself_is_refused(seal_text, reseal, path, value, words):
    fields = json.loads(encode_card(reseal.card))
    *outer, last = path
    part = fields
    for key in outer:
        part = part[key]
    part[last] = value
    assert words in refusal(seal_text(json.dumps(fields)))


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "7", '"card"', "{", "[" * 100_000, "ü"],
    ids=["nothing", "list", "null", "number", "string", "unclosed", "deep", "not ASCII"],
)
def test_a_card_that_is_no_json_object_is_refused(seal_text, text):
    refusal(seal_text(text))


# --- writing


class _Untruthful(torch.nn.Module):
    """A network that answers otherwise in torch than in its exported graph."""

    def __init__(self, command: float = 0.0, state: float = 0.0) -> None:
        super().__init__()
        self.command, self.state = command, state
        self.gain = torch.nn.Parameter(torch.tensor(0.1))

    def forward(self, image, imu, dt, hidden):
        brightness = image.float().mean((1, 2, 3), keepdim=False)[:, None] / 255.0
        hidden = hidden * 0.5 + brightness + dt + imu[:, :1] * 0.01
        command = torch.tanh(self.gain * hidden.mean(1, keepdim=True)).expand(-1, 4)
        if torch.compiler.is_exporting():
            return command, hidden
        return command + self.command, hidden + self.state


@pytest.mark.parametrize(
    ("network", "found"),
    [
        (_Untruthful(command=1e-3), r"0\.001 in a command"),
        (_Untruthful(state=1e-3), r"0\.001 in a state"),
    ],
)
def test_an_export_that_disagrees_with_torch_writes_nothing(network, found, tiny_card, tmp_path):
    with pytest.raises(BundleError, match=rf"expected .* agree with torch .* found .*{found}"):
        export(network, tiny_card, tmp_path / "new.onnx")
    assert list(tmp_path.iterdir()) == []


def test_an_export_that_disagrees_with_torch_keeps_the_file_that_is_there(
    tiny_card, sound, tmp_path
):
    path = put(tmp_path / "old.onnx", sound)
    with pytest.raises(BundleError, match="nothing was written"):
        export(_Untruthful(command=1e-3), tiny_card, path)
    assert path.read_bytes() == sound
    assert list(tmp_path.iterdir()) == [path]


def test_scores_of_a_policy_that_is_not_sound_are_not_written(reseal):
    """Its golden rollout is another network's: the file must stay as it was."""
    golden = reseal.card.golden
    golden = msgspec.structs.replace(golden, commands=golden.commands[::-1])
    path = reseal(card=msgspec.structs.replace(reseal.card, golden=golden))
    before = path.read_bytes()
    with pytest.raises(BundleError, match="golden"):
        with_scores(path, (Score("none", 10, 9, 0, (0.6, 0.98)),))
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"inputs": {"image": image_input(72, 96), "imu": imu_input()}}, "image .72, 96, 3."),
        ({"inputs": {"image": image_input()}}, "hidden 16"),
        ({"hidden_size": 17}, "hidden 17"),
        ({"command": CommandCard("velocity", VELOCITY.fields[:3])}, r"shapes .*2, 3.*found.*2, 4"),
    ],
)
def test_a_network_of_another_card_is_not_exported(
    tiny_network, tiny_card, change, words, tmp_path
):
    card = msgspec.structs.replace(tiny_card, **change)
    with pytest.raises(BundleError, match=words) as refused:
        export(tiny_network, card, tmp_path / "new.onnx")
    assert "\n" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_model_without_a_blank_digest_is_not_sealed(sound):
    with pytest.raises(BundleError, match="blank digest"):
        bundle.seal(sound)


def test_a_bundle_is_written_into_a_folder_that_is_made_for_it(sound, tmp_path):
    path = tmp_path / "a" / "b" / "policy.onnx"
    bundle.write(path, sound)
    assert path.read_bytes() == sound
    assert list(path.parent.iterdir()) == [path]


# --- the format, fixed in files: a change here needs a new schema version


def test_golden_inputs_are_the_recorded_ones():
    for case in json.loads((GOLDEN / "golden_inputs.json").read_text()):
        inputs = {"image": image_input(case["height"], case["width"]), "imu": imu_input()}
        values = golden_values(case["seed"], case["step"], inputs)
        assert values["image"].flatten()[:8].tolist() == case["first_pixels"]
        assert hashlib.sha256(values["image"].tobytes()).hexdigest() == case["image_sha256"]
        assert values["imu"].tolist() == np.array(case["imu"], np.float32).tolist()


@pytest.mark.parametrize(("seed", "step"), [(0, 0), (1, 23), (2, 499), (2**31, 7)])
def test_golden_inputs_follow_the_documented_integer_hash(seed, step):
    inputs = {
        "image": image_input(height=2, width=3),
        "imu": imu_input(),
        "range": vector_input(("front_m", "back_m")),
    }
    words = [_documented_hash(seed, step, k) for k in range(2 * 3 * 3 + 6 + 2)]
    image, imu, ranges = golden_values(seed, step, inputs).values()
    assert image.flatten().tolist() == [word >> 24 for word in words[:18]]
    expected = [2 * word / 2**32 - 1 for word in words[18:]]
    expected[5] += 9.81
    assert [*imu, *ranges] == pytest.approx(expected, abs=1e-6)
    assert image.shape == (2, 3, 3) and image.dtype == np.uint8
    assert imu.dtype == ranges.dtype == np.float32


def _documented_hash(seed: int, step: int, k: int) -> int:
    modulus = 2**32
    x = ((k + 1) * 2654435761 + (step + 1) * 2246822519 + seed * 3266489917) % modulus
    x ^= x >> 15
    x = x * 2246822519 % modulus
    return x ^ x >> 13


FULL_CARD = PolicyCard(
    name="golden",
    inputs={
        "front": image_input(48, 64, 90.0, "front_optical_frame", 0.4),
        "imu": imu_input("imu_link", 0.1),
        "order": goal_input(("chair", "barrel"), ("red", "blue"), ("approach", "pass")),
        "odometry": odometry_input(0.3),
        "range": vector_input(("front_m", "back_m"), "range_link", 0.5),
    },
    command=CommandCard(
        "speed_and_turn",
        (
            CommandField("forward_m_s", -0.5, 1.5, 4.0),
            CommandField("left_m_s", 0.0, 0.0, 4.0),
            CommandField("throttle", 0.0, 1.0, 2.0, 0.5),
        ),
    ),
    hidden_size=3,
    clock="front",
    golden=GoldenRollout(1, (0.05, 0.1), ((0.5, 0.0, 1.0), (0.5, 0.0, 0.25))),
    task="fly_to_target",
    timing=Timing(0.1, 0.05, 0.5, 2.0),
    parameters=1234,
    network={"cell": "cfc", "cell_settings": {"units": 3}, "encoders": {"imu": {"name": "imu"}}},
    wiring={"kind": "ncp"},
    neurons=("left", "right", "motor"),
    training={"seed": 7},
    scores=(Score("none", 10, 9, 1, (0.6, 0.98)), Score("far", 10, 5, 0, (0.2, 0.8), False)),
    licence="MIT",
    source="https://example.org/policy",
)


def test_a_card_is_written_as_the_recorded_text():
    assert encode_card(FULL_CARD) == (GOLDEN / "card.json").read_text().rstrip("\n")


def test_the_recorded_card_is_read_as_it_was_written(seal_text):
    assert load(seal_text((GOLDEN / "card.json").read_text().rstrip("\n"))).card == FULL_CARD
