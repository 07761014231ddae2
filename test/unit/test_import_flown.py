"""Policies that flew a real drone: what their weight files hold is what our bundles do."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
import torch

from liquid_control.contract import Observation
from liquid_control.errors import ConfigError, PolicyImportError
from liquid_control.networks import export
from liquid_control.networks.flown.hdf5 import read_flown
from liquid_control.networks.flown.network import FlownNetwork, make_flown_cell
from liquid_control.networks.flown.policy import import_flown
from liquid_control.networks.wiring import Wiring, ncp
from liquid_control.runtime import verify

FLOWN = Path(__file__).parents[2].parent / "shared" / "flown_policies"
KINDS = ("cfc", "mixedcfc", "wiredcfccell", "ltc", "ncp", "lstm")
FEATURES = 12
UNITS = 7
SEED = 22226
TIMES = np.array([1.0, 1.0, 0.5, 2.0, 1.3, 0.7, 1.0, 1.0])


@pytest.fixture(autouse=True)
def _short_export(monkeypatch):
    # The long rollout is a test of the export itself, and has its own.
    monkeypatch.setattr(export, "LONGEST_ROLLOUT", 4)
    monkeypatch.setattr(export, "GOLDEN_STEPS", 4)


# What the weight files are like: names, shapes and attributes as Keras writes them.


def random_policy(kind, rng, start=0):
    """Return the datasets of a policy by layer; ``start`` counts the layers of earlier models."""

    def layer(*shape):
        scale = 1 / np.sqrt(np.prod(shape[:-1]))
        return {"kernel": rng.normal(0, scale, shape), "bias": rng.normal(0, 0.1, shape[-1])}

    def number(name, count):
        return f"{name}_{count}" if count else name

    first = 10 * start
    trunk = {"mean": [0.42, 0.49, 0.38], "variance": [0.057, 0.05, 0.061]}
    shapes = {2: (5, 5, 3, 4), 3: (5, 5, 4, 3), 4: (5, 5, 3, 4), 5: (3, 3, 4, 5), 6: (3, 3, 5, 2)}
    layers = {number("time_distributed", first): trunk | {"count": np.int64(0)}}
    layers |= {f"time_distributed_{first + i}": layer(*shape) for i, shape in shapes.items()}
    layers[f"time_distributed_{first + 8}"] = layer(6 * 13 * 2, FEATURES)
    rnn, dense = number("rnn", start), 20 * start
    if kind == "lstm":
        cell = random_lstm(rng, "kernel")
        layers[number("lstm", start)] = {
            f"{number('lstm_cell', start)}/{k}": cell[k] for k in cell
        }
    elif kind in ("cfc", "mixedcfc"):
        inputs, widths = (FEATURES, (9, 9)) if kind == "cfc" else (UNITS, (9,))
        parts, rows = {}, inputs + UNITS
        for i, width in enumerate(widths):
            parts[f"/{number('dense', dense + i)}"] = layer(rows, width)
            rows = width
        where = f"{rnn}/cfc_cell" if kind == "cfc" else f"{rnn}/mixed_cfc_cell/cfc_cell"
        for i in range(4):
            parts[f"{where}/dense_{dense + len(widths) + i}"] = layer(rows, UNITS)
        if kind == "mixedcfc":
            parts[f"{rnn}/mixed_cfc_cell"] = random_lstm(rng, "input_kernel")
        layers[rnn] = {f"{at}/{k}": v[k] for at, v in parts.items() for k in v}
    elif kind == "wiredcfccell":
        layers[rnn] = random_wired(rng, f"{rnn}/{number('wired_cfc_cell', start)}", start)
    else:
        layers[rnn] = random_ltc(rng, kind, f"{rnn}/{number('ltc_cell', start)}")
    if kind != "ncp":
        layers[number("dense", dense + 1)] = layer(4 if kind == "wiredcfccell" else UNITS, 4)
    return layers


def random_lstm(rng, kernel):
    return {
        kernel: rng.normal(0, 0.3, (FEATURES, 4 * UNITS)),
        "recurrent_kernel": rng.normal(0, 0.3, (UNITS, 4 * UNITS)),
        "bias": rng.normal(0, 0.3, 4 * UNITS),
    }


def random_wired(rng, cell, start):
    wiring = flown_wiring(FEATURES, SEED)
    found, inputs = {}, FEATURES
    for i, mask in enumerate(masks_of(wiring)):
        units = mask.shape[1]
        bound = np.sqrt(6 / (inputs + 2 * units))
        at = f"{cell}/cfc_cell" if i + start == 0 else f"{cell}/cfc_cell_{i + 3 * start}"
        for head in ("ff1", "ff2"):
            weight = rng.uniform(-bound, bound, (inputs + units, units))
            moved = weight[:inputs] + np.sign(weight[:inputs]) * bound
            weight[:inputs] = np.where(mask, moved, weight[:inputs])
            found[f"{at}/{head}_weight"] = weight
            found[f"{at}/{head}_bias"] = rng.normal(0, 0.1, units)
        for time in ("time_a", "time_b"):
            found[f"{at}/{time}/kernel"] = rng.normal(0, 0.3, (inputs + units, units))
            found[f"{at}/{time}/bias"] = rng.normal(0, 0.3, units)
        inputs = units
    return found


def random_ltc(rng, kind, cell):
    if kind == "ncp":
        wiring = flown_wiring(FEATURES, SEED)
        matrices = {"": wiring.synapses, "sensory_": wiring.sensory_synapses}
    else:
        shapes = {"": (UNITS, UNITS), "sensory_": (FEATURES, UNITS)}
        matrices = {k: rng.choice([-1, 1], shape) for k, shape in shapes.items()}
    units = len(matrices[""])
    motor = 4 if kind == "ncp" else units
    found = {
        "gleak": rng.uniform(0.001, 1, units),
        "vleak": rng.uniform(-0.2, 0.2, units),
        "cm": rng.uniform(0.4, 0.6, units),
        "input_w": rng.uniform(0.7, 1.1, FEATURES),
        "input_b": rng.normal(0, 0.1, FEATURES),
        "output_w": rng.uniform(0.7, 1.1, motor),
        "output_b": rng.normal(0, 0.1, motor),
    }
    for prefix, polarity in matrices.items():
        found[f"{prefix}sigma"] = rng.uniform(3, 8, polarity.shape)
        found[f"{prefix}mu"] = rng.uniform(0.3, 0.8, polarity.shape)
        found[f"{prefix}w"] = rng.uniform(0, 1, polarity.shape)
        found[f"{prefix}erev"] = polarity * rng.uniform(0.5, 1.5, polarity.shape)
    return {f"{cell}/{name}": value for name, value in found.items()}


def flown_wiring(inputs, seed):
    return ncp(
        inputs,
        inter=18,
        command=12,
        motor=4,
        sensory_fanout=6,
        inter_fanout=4,
        recurrent_command_synapses=4,
        motor_fanin=6,
        seed=seed,
    )


def masks_of(wiring):
    inter, command, motor = wiring.layers
    return (
        wiring.sensory_synapses[:, inter] != 0,
        wiring.synapses[np.ix_(inter, command)] != 0,
        wiring.synapses[np.ix_(command, motor)] != 0,
    )


def write(path, layers):
    with h5py.File(path, "w") as file:
        file.attrs["backend"] = "tensorflow"
        file.attrs["keras_version"] = "2.4.0"
        file.attrs["layer_names"] = [name.encode() for name in layers]
        for layer, weights in layers.items():
            # A backbone, "/dense", stands beside the layer's own group and not in it.
            names = [k[1:] if k.startswith("/") else k for k in weights]
            names = [n if n.startswith((layer, "dense")) else f"{layer}/{n}" for n in names]
            group = file.create_group(layer)
            group.attrs["weight_names"] = [f"{name}:0".encode() for name in names]
            for name, value in zip(names, weights.values(), strict=True):
                dtype = np.int64 if name.endswith("count") else np.float32
                group.create_dataset(f"{name}:0", data=np.asarray(value, dtype))
    return path


# What the original networks compute, in plain numpy.


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lecun_tanh(x):
    return 1.7159 * np.tanh(0.666 * x)


def silu(x):
    return x * sigmoid(x)


def end(weights, ending):
    """Return the one dataset of a layer whose name ends so, as it comes out of the file."""
    (found,) = [v for k, v in weights.items() if k.endswith(ending)]
    return np.asarray(found, np.float32).astype(np.float64)


def affine(x, weights, at=""):
    return x @ end(weights, f"{at}kernel") + end(weights, f"{at}bias")


def features_of(image, layers):
    norm, *convolutions, dense = [v for k, v in layers.items() if k.startswith("time_")]
    x = (image / 255 - end(norm, "mean")) / np.sqrt(end(norm, "variance"))
    for weights, stride in zip(convolutions, (2, 2, 2, 1, 2), strict=True):
        kernel = end(weights, "kernel")
        windows = np.lib.stride_tricks.sliding_window_view(x, kernel.shape[:2], axis=(0, 1))
        windows = windows[::stride, ::stride]
        x = np.einsum("yxcij,ijco->yxo", windows, kernel) + end(weights, "bias")
        x = np.maximum(x, 0)
    return affine(x.reshape(-1), dense)


def commands_of(kind, layers, images, ts, forget_bias=3.1633364953559684):
    """Return the (frames, 4) commands of a random policy."""
    cell = next(v for k, v in layers.items() if k.startswith(("rnn", "lstm")))
    head = next((v for k, v in layers.items() if k.startswith("dense")), None)
    step = STEPS[kind](cell, forget_bias)
    outputs = [step(features_of(i, layers), t) for i, t in zip(images, ts, strict=True)]
    return np.array([y if head is None else affine(y, head) for y in outputs])


def dense_layers(cell):
    names = [k.removesuffix("kernel") for k in cell if k.endswith("/kernel")]
    return names[:-4], names[-4:]


def gated(heads, t, activation):
    ff1, ff2, time_a, time_b = heads
    gate = sigmoid(-time_a * t + time_b)
    return activation(ff1) * (1 - gate) + gate * activation(ff2)


def cfc(cell, _forget_bias):
    backbone, heads = dense_layers(cell)
    h = np.zeros(UNITS)

    def step(x, t):
        nonlocal h
        z = np.concatenate([x, h])
        for name in backbone:
            z = silu(affine(z, cell, name))
        h = gated([affine(z, cell, name) for name in heads], t, lecun_tanh)
        return h

    return step


def mixed_cfc(cell, forget_bias):
    (backbone,), heads = dense_layers(cell)
    h, c = np.zeros(UNITS), np.zeros(UNITS)

    def step(x, _t):
        nonlocal h, c
        gates = x @ end(cell, "input_kernel") + h @ end(cell, "recurrent_kernel")
        value, write_, keep, read = np.split(gates + end(cell, "mixed_cfc_cell/bias"), 4)
        c = sigmoid(keep + forget_bias) * c + sigmoid(write_) * np.tanh(value)
        z = silu(affine(np.concatenate([sigmoid(read) * np.tanh(c), h]), cell, backbone))
        h = gated([affine(z, cell, name) for name in heads], 0.0, lecun_tanh)
        return h

    return step


def wired_cfc(cell, _forget_bias):
    wiring = flown_wiring(FEATURES, SEED)
    groups = list(dict.fromkeys(k.split("/ff1")[0] for k in cell if "/ff1" in k))
    hs = [np.zeros(n) for n in (18, 12, 4)]

    def step(x, t):
        for i, (group, mask) in enumerate(zip(groups, masks_of(wiring), strict=True)):
            z = np.concatenate([x, hs[i]])
            seen = np.concatenate([mask, np.ones((len(hs[i]), len(hs[i])))])
            ffs = [
                z @ (end(cell, f"{group}/{ff}_weight") * seen) + end(cell, f"{group}/{ff}_bias")
                for ff in ("ff1", "ff2")
            ]
            times = [affine(z, cell, f"{group}/{time}/") for time in ("time_a", "time_b")]
            x = hs[i] = gated([*ffs, *times], t, lambda y: y)
        return x

    return step


def ltc(cell, _forget_bias):
    p = {k.split("/")[-1]: np.asarray(v, np.float32).astype(float) for k, v in cell.items()}
    motor = len(p["output_w"])
    unfolds, offset = (6, 0.0) if motor == 4 else (3, 1e-3)
    v = np.zeros(len(p["cm"]))

    def step(x, t):
        nonlocal v
        x = x * p["input_w"] + p["input_b"]
        opened = sigmoid(p["sensory_sigma"] * (x[:, None] - p["sensory_mu"]))
        sensory = p["sensory_w"] * opened * (p["sensory_erev"] != 0)
        cm = p["cm"] / ((t + offset) / unfolds)
        for _ in range(unfolds):
            opened = sigmoid(p["sigma"] * (v[:, None] - p["mu"]))
            inner = p["w"] * opened * (p["erev"] != 0)
            pull = (inner * p["erev"]).sum(0) + (sensory * p["sensory_erev"]).sum(0)
            leak = cm + p["gleak"] + inner.sum(0) + sensory.sum(0) + 1e-8
            v = (cm * v + p["gleak"] * p["vleak"] + pull) / leak
        return v[:motor] * p["output_w"] + p["output_b"]

    return step


def lstm(cell, _forget_bias):
    h, c = np.zeros(UNITS), np.zeros(UNITS)

    def step(x, _t):
        nonlocal h, c
        gates = x @ end(cell, "/kernel") + h @ end(cell, "recurrent_kernel")
        write_, keep, value, read = np.split(gates + end(cell, "bias"), 4)
        c = sigmoid(keep) * c + sigmoid(write_) * np.tanh(value)
        h = sigmoid(read) * np.tanh(c)
        return h

    return step


STEPS = {
    "cfc": cfc,
    "mixedcfc": mixed_cfc,
    "wiredcfccell": wired_cfc,
    "ltc": ltc,
    "ncp": ltc,
    "lstm": lstm,
}


def fly(bundle, images, dts):
    policy = verify(bundle).policy
    no_imu = np.zeros(6, np.float32)
    observations = [Observation(0, i, no_imu, dt) for i, dt in zip(images, dts, strict=True)]
    return np.array([policy.step(o).as_tuple() for o in observations])


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
    assert card.cell["name"] == kind
    assert len(images) == 48
    assert np.abs(commands - reference[kind]).max() < 1e-5
    assert (np.abs(commands).max(0) < card.limits.as_tuple()).all()


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
    assert card.cell["name"] == kind
    assert (card.camera.height, card.camera.width, card.uses_imu) == (144, 256, False)
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
