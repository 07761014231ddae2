"""What the flown Keras files are like, and what they compute, said a second time in numpy."""

from __future__ import annotations

import h5py
import numpy as np

from liquid_control.networks.wiring import ncp

KINDS = ("cfc", "mixedcfc", "wiredcfccell", "ltc", "ncp", "lstm")
FEATURES = 12
UNITS = 7
SEED = 22226


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
