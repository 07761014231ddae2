"""Weights of a sealed policy back into a network, so that training can go on from a file."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from ..contract import InputCard, PolicyCard
from ..errors import BundleError, ConfigError
from ..policy import bundle
from .export import check_parity
from .policy import PolicyNetwork


def load_weights(network: PolicyNetwork, path: str | Path) -> None:
    """Fill a network with the weights of a policy file, and check that it then does the same.

    Args:
        network: made for the inputs, command, cell and sizes that the file has; left as it was
            if they do not fit.
        path: a file that `export` wrote.

    Raises:
        BundleError: the file is not sound.
        ConfigError: it does not fit the network; one line says the first thing that differs.
    """
    loaded = bundle.load(path)
    for what, expected, found in _differences(network.card, loaded.card):
        raise ConfigError(
            f"{path}: cannot begin from this policy: expected {what} {expected}, found {found}; "
            "configure the same network or leave init_from out"
        )
    weights = _weights(network, loaded)
    candidate = deepcopy(network).cpu().eval()
    candidate.load_state_dict(weights)
    try:
        check_parity(candidate, loaded)
    except BundleError as error:
        raise ConfigError(
            f"{path}: cannot begin from this policy: a setting that has no weights differs "
            f"({error}); configure the same network"
        ) from None
    network.load_state_dict(weights)


def load_encoder(network: PolicyNetwork, name: str, path: str | Path) -> None:
    """Fill the encoder of one input with the weights that it has in a policy file.

    Args:
        network: whose encoder is of the same name, kind and sizes; left as it was if not.
        name: of the input.
        path: a file that `export` wrote, with any cell.

    Raises:
        BundleError: the file is not sound.
        ConfigError: it does not fit; one line says what differs.
    """
    loaded = bundle.load(path)
    made = [_encoder(card.network["encoders"], name) for card in (network.card, loaded.card)]
    inputs = [
        _inputs(msgspec.structs.replace(card, inputs=_seen(card, name)))
        for card in (network.card, loaded.card)
    ]
    for what, (expected, found) in (("the encoder", made), ("to look at", inputs)):
        if expected != found:
            raise ConfigError(
                f"{path}: cannot take the encoder of '{name}': expected {what} {expected}, found "
                f"{found}; configure the same or leave eye.init_from out"
            )
    encoder = network.encoders[name]
    encoder.load_state_dict(_weights(encoder, loaded, f"encoders.{name}."))


def _seen(card: PolicyCard, name: str) -> dict[str, InputCard]:
    """Return what an encoder may look at: its own input, and the goal."""
    return {n: given for n, given in card.inputs.items() if n == name or given.kind == "goal"}


def _encoder(encoders: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    made = encoders.get(name, {})
    return {**made, "name": _named(made.get("name"))}


def _weights(module: nn.Module, loaded: bundle.Bundle, prefix: str = "") -> dict[str, Tensor]:
    """Return what the file has for every weight of a network, or of a part of it."""
    graph = onnx.load_from_string(loaded.model).graph
    stored = {t.name: numpy_helper.to_array(t) for t in graph.initializer}
    weights = {}
    for name, value in module.state_dict().items():
        if not value.is_floating_point():
            weights[name] = value  # a norm's count of batches, which no graph has
            continue
        shape, found = tuple(value.shape), stored.get(prefix + name)
        if found is None or found.shape != shape:
            raise ConfigError(
                f"{loaded.path}: cannot begin from this policy: expected the weight "
                f"{prefix}{name} of shape {shape}, found "
                f"{'none' if found is None else found.shape}; configure the same network"
            )
        weights[name] = torch.from_numpy(found.copy())
    return weights


def _differences(ours: PolicyCard, theirs: PolicyCard) -> Iterator[tuple[str, Any, Any]]:
    """Yield what, expected and found of everything that weights alone cannot make equal."""
    pairs: list[tuple[str, Any, Any]] = [
        ("the inputs", _inputs(ours), _inputs(theirs)),
        ("the command", _command(ours), _command(theirs)),
        ("the cell", _named(ours.network["cell"]), _named(theirs.network.get("cell"))),
        ("a state of size", ours.hidden_size, theirs.hidden_size),
        ("a nominal step in s of", ours.timing.nominal_dt_s, theirs.timing.nominal_dt_s),
    ]
    yield from (pair for pair in pairs if pair[1] != pair[2])
    encoders = ours.network["encoders"], theirs.network.get("encoders", {})
    for name in ours.inputs:
        expected, found = (_named(made.get(name, {}).get("name")) for made in encoders)
        if expected != found:
            yield f"the encoder of '{name}'", expected, found
    if ours.wiring != theirs.wiring:
        yield "the wiring", "of the configuration", "another"


def _named(name: str | None) -> str:
    """Return the name of a part without the folder of its file, which may have moved."""
    return (name or "none").rpartition("/")[2]


def _inputs(card: PolicyCard) -> str:
    return ", ".join(f"{name} {given.kind} {given.shape}" for name, given in card.inputs.items())


def _command(card: PolicyCard) -> str:
    fields = (f"{f.name} {f.rest:g}+-{f.scale:g}" for f in card.command.fields)
    return f"{card.command.kind} ({', '.join(fields)})"
