"""Policies that flew a real drone: what their weight files hold is what our bundles do."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from flown_reference import (
    FEATURES,
    KINDS,
    SEED,
    UNITS,
    commands_of,
    flown_wiring,
    random_policy,
    write,
)

from liquid_control.contract import Observation, image_input
from liquid_control.errors import ConfigError, PolicyImportError
from liquid_control.importers.flown.hdf5 import read_flown
from liquid_control.importers.flown.network import FlownNetwork, make_flown_cell
from liquid_control.importers.flown.policy import import_flown
from liquid_control.networks.wiring import Wiring
from liquid_control.policy import verify

FLOWN = Path(__file__).parents[2].parent / "shared" / "flown_policies"
pytestmark = pytest.mark.usefixtures("short_export")
TIMES = np.array([1.0, 1.0, 0.5, 2.0, 1.3, 0.7, 1.0, 1.0])


def fly(bundle, images, dts):
    policy = verify(bundle).policy
    observations = [Observation(0, dt, {"image": i}) for i, dt in zip(images, dts, strict=True)]
    return np.array([policy.step(o).values for o in observations])


@torch.no_grad()
def step_through(network, images, dts):
    hidden, commands = network.cell.initial_state(1), []
    for image, dt in zip(images, dts, strict=True):
        dt_s = torch.tensor([[dt]], dtype=torch.float32)
        command, hidden = network(torch.from_numpy(image)[None], dt_s, hidden)
        commands.append(command[0].numpy())
    return np.array(commands)


def random_images(rng):
    return rng.integers(0, 256, (len(TIMES), 144, 256, 3), dtype=np.uint8)


def flown(name):
    if not (FLOWN / name).is_file():
        pytest.skip(f"{FLOWN / name} is not here; it may not be in the repository")
    return FLOWN / name


@pytest.mark.parametrize("kind", ["cfc", "ncp"])
def test_a_policy_that_flew_answers_as_its_original_did(kind, tmp_path):
    reference = np.load(flown("reference.npz"))
    out = tmp_path / "policy.onnx"
    card = import_flown(flown(f"{kind}.hdf5"), out)
    images = reference["images"]
    commands = fly(out, images, [card.timing.nominal_dt_s] * len(images))
    assert card.network["cell"] == kind
    assert len(images) == 48
    assert np.abs(commands - reference[kind]).max() < 1e-5
    assert (np.abs(commands).max(0) < [field.high for field in card.command.fields]).all()


def test_the_hundred_synapses_of_the_flown_ncp_come_back():
    path = flown("ncp.hdf5")
    wiring = make_flown_cell(path, read_flown(path)).wiring
    assert np.count_nonzero(wiring.synapses) == 100
    assert wiring.neuron_names[0] == "motor_0"
    assert wiring == flown_wiring(128, 22224)


@pytest.mark.parametrize("kind", KINDS)
def test_an_imported_network_computes_the_published_equation(kind, tmp_path):
    rng = np.random.default_rng(KINDS.index(kind))
    layers = random_policy(kind, rng)
    path = write(tmp_path / "weights.hdf5", layers)
    weights = read_flown(path)
    network = FlownNetwork(weights, make_flown_cell(path, weights), nominal_dt_s=0.05)
    expected = commands_of(kind, layers, images := random_images(rng), TIMES)
    assert weights.kind == kind
    assert expected.std(0).min() > 1e-4
    assert np.abs(step_through(network, images, TIMES * 0.05) - expected).max() < 1e-5


@pytest.mark.parametrize("kind", ["mixedcfc", "wiredcfccell", "ltc", "lstm"])
def test_an_imported_bundle_computes_the_published_equation(kind, tmp_path):
    rng = np.random.default_rng(KINDS.index(kind))
    layers = random_policy(kind, rng)
    out = tmp_path / "policy.onnx"
    card = import_flown(write(tmp_path / "weights.hdf5", layers), out, nominal_dt_s=0.05)
    expected = commands_of(kind, layers, images := random_images(rng), TIMES)
    assert np.abs(fly(out, images, TIMES * 0.05) - expected).max() < 1e-5
    assert card.network["cell"] == kind
    assert card.inputs == {"image": image_input(144, 256)}
    assert card.licence == "MIT"
    assert "rosetta_drone" in card.source
    if kind == "wiredcfccell":
        assert Wiring.from_dict(card.wiring) == flown_wiring(FEATURES, SEED)
        assert card.neurons[0] == "inter_0"
        assert sorted(card.neurons) == sorted(flown_wiring(FEATURES, SEED).neuron_names)


@pytest.mark.parametrize("kind", KINDS)
def test_layers_are_found_whatever_number_keras_gave_them(kind, tmp_path):
    first, later = (
        make_flown_cell(path, read_flown(path)).state_dict()
        for path in (
            write(
                tmp_path / f"{start}.hdf5",
                random_policy(kind, np.random.default_rng(0), start=start),
            )
            for start in (0, 4)
        )
    )
    assert first.keys() == later.keys()
    assert all((first[name] == later[name]).all() for name in first)


def test_the_forget_bias_of_a_mixed_cfc_can_be_given(tmp_path):
    rng = np.random.default_rng(1)
    layers = random_policy("mixedcfc", rng)
    path = write(tmp_path / "weights.hdf5", layers)
    weights = read_flown(path)
    network = FlownNetwork(weights, make_flown_cell(path, weights, forget_bias=1.0), 0.05)
    expected = commands_of("mixedcfc", layers, images := random_images(rng), TIMES, 1.0)
    assert np.abs(step_through(network, images, TIMES * 0.05) - expected).max() < 1e-5


def test_a_wired_cfc_whose_weights_fit_no_seed_is_refused(tmp_path):
    layers = random_policy("wiredcfccell", np.random.default_rng(0))
    path = write(tmp_path / "weights.hdf5", layers)
    weights = read_flown(path)
    made = flown_wiring(FEATURES, SEED)
    assert make_flown_cell(path, weights).wiring == made
    assert make_flown_cell(path, weights, wiring_seed=SEED).wiring == made
    for seed in (22224, 7):
        with pytest.raises(PolicyImportError, match=f"found 0 among seed {seed}"):
            make_flown_cell(path, weights, wiring_seed=seed)
    untrained = {k: {n: 0 * np.asarray(v) for n, v in w.items()} for k, w in layers.items()}
    untrained["time_distributed"] = layers["time_distributed"]
    path = write(tmp_path / "untrained.hdf5", untrained)
    with pytest.raises(PolicyImportError, match=r"found 50 among seeds .* give the wiring seed"):
        make_flown_cell(path, read_flown(path))


def drop(layers, name):
    del layers["rnn"][name]


def replace(layers, layer, name, value):
    layers[layer][name] = value


def rename_cell(layers, name):
    layers["rnn"] = {k.replace("cfc_cell", name): v for k, v in layers["rnn"].items()}


BROKEN = {
    "no bias": (
        lambda f: drop(f, "rnn/cfc_cell/dense_3/bias"),
        r"rnn/cfc_cell/dense_3/bias of shape \(7\), found no such dataset",
    ),
    "no head": (lambda f: f.pop("dense_1"), "to the command, found none"),
    "three heads": (
        lambda f: drop(f, "rnn/cfc_cell/dense_5/kernel"),
        "4 dense layers in the CfC cell, found 3",
    ),
    "headless": (lambda f: f.pop("time_distributed"), "one normalisation layer, found 0"),
    "no eye": (lambda f: f.pop("time_distributed_4"), "5 convolutions .* found 4 and 1"),
    "no variance": (
        lambda f: replace(f, "time_distributed", "variance", [0.1, 0.0, 0.1]),
        "variances above 0",
    ),
    "another image size": (
        lambda f: replace(f, "time_distributed_8", "kernel", np.zeros((90, FEATURES))),
        r"shape \(156, any\), found \(90, 12\)",
    ),
    "five commands": (
        lambda f: replace(f, "dense_1", "kernel", np.zeros((UNITS, 5))),
        r"shape \(7, 4\), found \(7, 5\)",
    ),
    "not a number": (
        lambda f: replace(f, "dense_1", "bias", [0.0, np.nan, 0.0, 0.0]),
        "finite weights, found NaN or infinity in dense_1/dense_1/bias",
    ),
    "too large a number": (
        lambda f: replace(f, "dense_1", "bias", [0.0, np.inf, 0.0, 0.0]),
        "finite weights",
    ),
    "another cell": (lambda f: rename_cell(f, "ctrnn_cell"), "found .*rnn/rnn/ctrnn_cell"),
}


def assert_refused(path, out, reason):
    with pytest.raises(PolicyImportError, match=reason) as caught:
        import_flown(path, out)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    assert all(word in message for word in ("expected", "found", ";"))
    assert not out.exists()


@pytest.mark.parametrize("damage", BROKEN)
def test_weights_that_do_not_fit_are_refused_in_one_line(damage, tmp_path):
    layers = random_policy("cfc", np.random.default_rng(0))
    break_it, reason = BROKEN[damage]
    break_it(layers)
    assert_refused(write(tmp_path / "weights.hdf5", layers), tmp_path / "out.onnx", reason)


def test_negative_conductances_are_refused(tmp_path):
    layers = random_policy("ncp", np.random.default_rng(0))
    layers["rnn"]["rnn/ltc_cell/w"] -= 0.5
    path = write(tmp_path / "weights.hdf5", layers)
    assert_refused(path, tmp_path / "out.onnx", "ltc_cell/w of at least 0, found -0.4")


def test_files_that_are_no_weight_files_are_refused_in_one_line(tmp_path):
    out = tmp_path / "out.onnx"
    assert_refused(tmp_path / "absent.hdf5", out, "found no file")
    assert_refused(tmp_path, out, "found no file")
    text = tmp_path / "text.hdf5"
    text.write_text("not HDF5")
    assert_refused(text, out, "a whole Keras HDF5 weight file")
    with h5py.File(tmp_path / "empty.hdf5", "w"):
        pass
    assert_refused(tmp_path / "empty.hdf5", out, "found none")
    with h5py.File(tmp_path / "foreign.hdf5", "w") as file:
        file["measurements/voltage"] = np.ones(3)
        file["measurements/name"] = "battery"
    assert_refused(tmp_path / "foreign.hdf5", out, "found measurements;")


def test_a_truncated_or_damaged_file_never_ends_in_a_traceback(tmp_path):
    path = write(tmp_path / "weights.hdf5", random_policy("ncp", np.random.default_rng(0)))
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    for length in np.linspace(0, len(whole) - 1, 12).astype(int):
        path.write_bytes(whole[:length])
        assert_refused(path, tmp_path / "out.onnx", "whole Keras HDF5")
    for _ in range(60):
        damaged = bytearray(whole)
        for place in rng.integers(0, len(whole), 8):
            damaged[place] = rng.integers(0, 256)
        path.write_bytes(damaged)
        try:
            read_flown(path)
        except PolicyImportError as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize("nominal_dt_s", [0.0, -0.1, float("nan"), float("inf")])
def test_a_step_that_takes_no_time_is_refused(nominal_dt_s, tmp_path):
    with pytest.raises(ConfigError, match="more than 0 s"):
        import_flown(tmp_path / "any.hdf5", tmp_path / "out.onnx", nominal_dt_s=nominal_dt_s)
