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
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from onnx import numpy_helper

from liquid_control import bundle
from liquid_control.bundle import encode_card, golden_inputs, load
from liquid_control.contract import (
    CameraCard,
    CommandLimits,
    GoldenRollout,
    PolicyCard,
    Score,
    Timing,
)
from liquid_control.errors import BundleError
from liquid_control.networks.export import export, seal_card, with_scores
from liquid_control.runtime import verify

GOLDEN = Path(__file__).parents[1] / "golden"
BLANK_ENTRY = bundle.DIGEST_KEY.encode() + b"\x12\x40" + bundle.BLANK_DIGEST.encode()


@pytest.fixture(scope="module")
def sound(tiny_policy_path) -> bytes:
    return tiny_policy_path.read_bytes()


@pytest.fixture
def reseal(tiny_policy_path, tmp_path):
    """Edit the model or the card, seal the result as an exporter would, return its path."""
    original = load(tiny_policy_path)

    def write(edit=lambda model: None, card: PolicyCard = original.card) -> Path:
        model = onnx.load_from_string(original.model)
        edit(model)
        return _put(tmp_path / "edited.onnx", seal_card(model, card))

    write.card = original.card
    return write


@pytest.fixture
def seal_text(tiny_policy_path, tmp_path):
    """Put any text in the place of the card, seal it, return its path."""

    def write(text: str) -> Path:
        model = onnx.load(tiny_policy_path)
        entries = {entry.key: entry for entry in model.metadata_props}
        entries[bundle.CARD_KEY].value = text
        entries[bundle.DIGEST_KEY].value = bundle.BLANK_DIGEST
        return _put(tmp_path / "edited.onnx", bundle.seal(model.SerializeToString()))

    return write


def _put(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _refusal(path: Path, act=verify) -> str:
    """Return the message of the refusal, checked for what every message must have."""
    with pytest.raises(BundleError) as caught:
        act(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    assert "expected" in message and "found" in message
    return message


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
    _refusal(_put(tmp_path_factory.getbasetemp() / "flipped.onnx", bytes(changed)), load)


@pytest.mark.parametrize("flip", [0x01, 0x20, 0x80])
def test_a_changed_byte_in_or_beside_the_digest_is_refused(sound, tmp_path, flip):
    start = sound.index(bundle.DIGEST_KEY.encode()) - 8
    for position in range(start, min(len(sound), start + 120)):
        changed = bytearray(sound)
        changed[position] ^= flip
        _refusal(_put(tmp_path / "flipped.onnx", bytes(changed)), load)


@given(data=st.data())
def test_a_file_cut_off_anywhere_is_refused(sound, tmp_path_factory, data):
    length = data.draw(st.integers(0, len(sound) - 1), "length")
    _refusal(_put(tmp_path_factory.getbasetemp() / "truncated.onnx", sound[:length]), load)


@given(tail=st.binary(min_size=1, max_size=200))
def test_a_file_with_something_appended_is_refused(sound, tmp_path_factory, tail):
    _refusal(_put(tmp_path_factory.getbasetemp() / "longer.onnx", sound + tail), load)


def test_an_edited_digest_is_refused_with_both_digests(sound, tmp_path):
    at = sound.index(bundle.DIGEST_KEY.encode()) + len(bundle.DIGEST_KEY) + 2
    edited = sound[:at] + b"0123456789abcdef" * 4 + sound[at + 64 :]
    message = _refusal(_put(tmp_path / "edited.onnx", edited), load)
    assert "0123456789ab" in message and sound[at : at + 12].decode() in message


def test_an_edited_card_is_refused_without_a_new_seal(sound, tmp_path):
    edited = sound.replace(b'"name":"tiny"', b'"name":"tin0"')
    assert edited != sound
    assert "SHA-256" in _refusal(_put(tmp_path / "edited.onnx", edited), load)


@given(junk=st.binary(max_size=2000))
def test_a_file_that_is_no_policy_is_refused(tmp_path_factory, junk):
    _refusal(_put(tmp_path_factory.getbasetemp() / "junk.onnx", junk))


@given(junk=st.binary(max_size=500), card=st.binary(max_size=200), last=st.booleans())
def test_sealed_junk_is_refused(tmp_path_factory, junk, card, last):
    entry = bundle.CARD_KEY.encode() + b"\x12" + card
    parts = (junk, BLANK_ENTRY, entry) if last else (entry, BLANK_ENTRY, junk)
    _refusal(_put(tmp_path_factory.getbasetemp() / "junk.onnx", bundle.seal(b"".join(parts))))


def test_an_onnx_model_of_somebody_else_is_refused(tiny_policy_path, tmp_path):
    model = onnx.load(tiny_policy_path)
    del model.metadata_props[:]
    assert "none" in _refusal(_put(tmp_path / "foreign.onnx", model.SerializeToString()))


def test_an_empty_file_is_refused(tmp_path):
    _refusal(_put(tmp_path / "empty.onnx", b""))


def test_a_missing_file_is_refused(tmp_path):
    assert "No such file" in _refusal(tmp_path / "missing.onnx")


def test_a_directory_is_refused(tmp_path):
    assert "directory" in _refusal(tmp_path)


# --- a sealed file whose card is wrong


def test_a_missing_card_is_refused(tiny_policy_path, tmp_path):
    model = onnx.load(tiny_policy_path)
    kept = [entry for entry in model.metadata_props if entry.key == bundle.DIGEST_KEY]
    kept[0].value = bundle.BLANK_DIGEST
    del model.metadata_props[:]
    model.metadata_props.extend(kept)
    path = _put(tmp_path / "cardless.onnx", bundle.seal(model.SerializeToString()))
    assert "card" in _refusal(path)


@pytest.mark.parametrize("version", [0, 2, None, "1"])
def test_a_card_of_another_schema_version_is_refused(seal_text, reseal, version):
    fields = json.loads(encode_card(reseal.card)) | {"schema_version": version}
    assert f"found {version}" in _refusal(seal_text(json.dumps(fields)))


def test_a_card_with_an_unknown_field_is_refused_by_its_name(seal_text, reseal):
    fields = json.loads(encode_card(reseal.card)) | {"colour": "red"}
    assert "colour" in _refusal(seal_text(json.dumps(fields)))


def test_a_card_without_a_required_field_is_refused_by_its_name(seal_text, reseal):
    fields = json.loads(encode_card(reseal.card))
    del fields["hidden_size"]
    assert "hidden_size" in _refusal(seal_text(json.dumps(fields)))


@pytest.mark.parametrize(
    ("section", "field", "value"),
    [
        ("limits", "forward_m_s", 0.0),
        ("limits", "yaw_rate_rad_s", -1.2),
        ("limits", "acceleration_m_s2", "fast"),
        ("timing", "nominal_dt_s", -0.05),
        ("camera", "height", 0),
        ("camera", "width", 96.5),
        ("golden", "seed", None),
    ],
)
def test_a_card_with_a_value_out_of_its_range_is_refused(seal_text, reseal, section, field, value):
    fields = json.loads(encode_card(reseal.card))
    fields[section][field] = value
    assert field in _refusal(seal_text(json.dumps(fields)))


@pytest.mark.parametrize(
    "text",
    ["", "[]", "null", "7", '"card"', "{", "[" * 100_000, "ü"],
    ids=["nothing", "list", "null", "number", "string", "unclosed", "deep", "not ASCII"],
)
def test_a_card_that_is_no_json_object_is_refused(seal_text, text):
    _refusal(seal_text(text))


# --- a sealed file whose graph or golden rollout is wrong


def _rename_input(model: onnx.ModelProto) -> None:
    for node in model.graph.node:
        node.input[:] = ["picture" if name == "image" else name for name in node.input]
    next(i for i in model.graph.input if i.name == "image").name = "picture"


def _rename_output(model: onnx.ModelProto) -> None:
    for node in model.graph.node:
        node.output[:] = ["answer" if name == "command" else name for name in node.output]
    next(o for o in model.graph.output if o.name == "command").name = "answer"


def _float_image(model: onnx.ModelProto) -> None:
    image = next(i for i in model.graph.input if i.name == "image")
    image.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    del model.graph.value_info[:]  # let ONNX Runtime infer the types after it: the graph is sound


def _unknown_operator(model: onnx.ModelProto) -> None:
    model.graph.node[0].op_type = "Nonsense"


def _dangling_input(model: onnx.ModelProto) -> None:
    model.graph.node[0].input[0] = "nowhere"


def _short_weights(model: onnx.ModelProto) -> None:
    weights = model.graph.initializer[0]
    weights.raw_data = weights.raw_data[:-4]


def _fails_while_running(model: onnx.ModelProto) -> None:
    """Let a reshape ask for a number of features that no image can give."""
    for node in model.graph.node:
        if node.op_type == "Reshape":
            shape = numpy_helper.from_array(np.array([-1, 7919], np.int64), "prime_shape")
            model.graph.initializer.append(shape)
            node.input[1] = "prime_shape"
            del model.graph.value_info[:]
            return
    raise AssertionError("the tiny policy has no Reshape to spoil")


def _weights_times(factor: float):
    def edit(model: onnx.ModelProto) -> None:
        weights = next(t for t in model.graph.initializer if "head.weight" in t.name)
        changed = numpy_helper.to_array(weights) * np.float32(factor)
        weights.CopyFrom(numpy_helper.from_array(changed, weights.name))

    return edit


def _opset(version: int):
    def edit(model: onnx.ModelProto) -> None:
        model.opset_import[0].version = version

    return edit


def test_a_renamed_input_is_refused_with_both_names(reseal):
    message = _refusal(reseal(_rename_input))
    assert "'image'" in message and "'picture'" in message


def test_a_renamed_output_is_refused_with_both_names(reseal):
    message = _refusal(reseal(_rename_output))
    assert "'command'" in message and "'answer'" in message


@pytest.mark.parametrize(
    "change",
    [
        {"camera": CameraCard(height=63)},
        {"camera": CameraCard(width=97)},
        {"hidden_size": 17},
        {"uses_imu": False},
    ],
)
def test_a_graph_of_another_shape_than_its_card_is_refused(reseal, change):
    assert "expected inputs {" in _refusal(
        reseal(card=msgspec.structs.replace(reseal.card, **change))
    )


def test_an_input_of_another_type_is_refused(reseal):
    assert "'image': ('tensor(float)'" in _refusal(reseal(_float_image))


@pytest.mark.parametrize(
    "edit", [_unknown_operator, _dangling_input, _short_weights, _fails_while_running]
)
def test_a_graph_that_onnx_runtime_rejects_is_refused(reseal, edit):
    assert "ONNX Runtime" in _refusal(reseal(edit))


@pytest.mark.parametrize("version", [bundle.MIN_OPSET - 1, bundle.MAX_OPSET + 1, 0, 10**9])
def test_an_opset_outside_the_tested_range_is_refused(reseal, version):
    assert f"found {version}" in _refusal(reseal(_opset(version)), load)


def test_a_model_without_an_opset_is_refused(reseal):
    assert "opset" in _refusal(reseal(lambda model: model.ClearField("opset_import")), load)


@pytest.mark.parametrize("factor", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(reseal, factor):
    assert "finite" in _refusal(reseal(_weights_times(factor)))


def test_other_weights_than_the_golden_rollout_was_made_with_are_refused(reseal):
    assert "golden" in _refusal(reseal(_weights_times(1.001)))


def test_another_golden_rollout_than_the_network_flies_is_refused(reseal):
    golden = reseal.card.golden
    first, *rest = golden.commands
    moved = (first[0] + 1e-4, *first[1:])
    golden = msgspec.structs.replace(golden, commands=(moved, *rest))
    card = msgspec.structs.replace(reseal.card, golden=golden)
    assert "golden" in _refusal(reseal(card=card))


def test_another_golden_seed_is_refused(reseal):
    golden = msgspec.structs.replace(reseal.card.golden, seed=reseal.card.golden.seed + 1)
    card = msgspec.structs.replace(reseal.card, golden=golden)
    assert "golden" in _refusal(reseal(card=card))


@pytest.mark.parametrize(("dts", "commands"), [(0, 0), (5, 4), (4, 5)])
def test_a_golden_rollout_that_is_empty_or_uneven_is_refused(reseal, dts, commands):
    golden = reseal.card.golden
    golden = GoldenRollout(golden.seed, golden.dt_s[:dts], golden.commands[:commands])
    card = msgspec.structs.replace(reseal.card, golden=golden)
    assert "golden" in _refusal(reseal(card=card))


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
    path = _put(tmp_path / "old.onnx", sound)
    with pytest.raises(BundleError, match="nothing was written"):
        export(_Untruthful(command=1e-3), tiny_card, path)
    assert path.read_bytes() == sound
    assert list(tmp_path.iterdir()) == [path]


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
        camera = CameraCard(height=case["height"], width=case["width"])
        image, imu = golden_inputs(case["seed"], case["step"], camera)
        assert image.flatten()[:8].tolist() == case["first_pixels"]
        assert hashlib.sha256(image.tobytes()).hexdigest() == case["image_sha256"]
        assert imu.tolist() == np.array(case["imu"], np.float32).tolist()


@pytest.mark.parametrize(("seed", "step"), [(0, 0), (1, 23), (2, 499), (2**31, 7)])
def test_golden_inputs_follow_the_documented_integer_hash(seed, step):
    camera = CameraCard(height=2, width=3)
    words = [_documented_hash(seed, step, k) for k in range(2 * 3 * 3 + 6)]
    image, imu = golden_inputs(seed, step, camera)
    assert image.flatten().tolist() == [word >> 24 for word in words[:18]]
    expected = [2 * word / 2**32 - 1 for word in words[18:]]
    expected[5] += 9.81
    assert imu == pytest.approx(expected, abs=1e-6)
    assert image.shape == (2, 3, 3) and image.dtype == np.uint8 and imu.dtype == np.float32


def _documented_hash(seed: int, step: int, k: int) -> int:
    modulus = 2**32
    x = ((k + 1) * 2654435761 + (step + 1) * 2246822519 + seed * 3266489917) % modulus
    x ^= x >> 15
    x = x * 2246822519 % modulus
    return x ^ x >> 13


FULL_CARD = PolicyCard(
    name="golden",
    hidden_size=3,
    golden=GoldenRollout(1, (0.05, 0.1), ((0.5, 0.0, -0.25, 1.0), (0.5, 0.125, 0.0, -1.0))),
    task="fly_to_target",
    camera=CameraCard(48, 64, "rgb8", 90.0, "front_optical_frame"),
    imu_frame="imu_link",
    uses_imu=False,
    limits=CommandLimits(1.5, 0.5, 0.75, 1.0, 4.0, 8.0),
    timing=Timing(0.1, 0.05, 0.5, 2.0),
    parameters=1234,
    cell={"name": "cfc", "units": 3},
    wiring={"kind": "ncp"},
    neurons=("left", "right", "motor"),
    training={"seed": 7},
    scores=(Score("none", 10, 9, 1, (0.6, 0.98)),),
    licence="MIT",
    source="https://example.org/policy",
)


def test_a_card_is_written_as_the_recorded_text():
    assert encode_card(FULL_CARD) == (GOLDEN / "card.json").read_text().rstrip("\n")


def test_the_recorded_card_is_read_as_it_was_written(seal_text):
    assert load(seal_text((GOLDEN / "card.json").read_text().rstrip("\n"))).card == FULL_CARD
