"""A policy network to a sealed bundle; nothing is written unless ONNX Runtime agrees."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx
import torch
from torch import Tensor, nn

from ..contract import Domain, GoldenRollout, Observation, PolicyCard, Score
from ..errors import BundleError
from ..policy import Policy, bundle
from ..policy.golden import golden_values
from ..policy.runtime import verify_bundle
from .cells import free_parameters
from .onnx_graph import to_onnx

PARITY = 1e-5
STATE_PARITY = 1e-4
GOLDEN_STEPS = 24
LONGEST_ROLLOUT = 500


def export(network: nn.Module, card: PolicyCard, path: str | Path) -> PolicyCard:
    """Write ``network`` as a verified bundle and return the card that it carries.

    Args:
        network: maps the card's inputs in order, dt and hidden to (command, next_hidden), batch
            first; it is left as it was.
        card: everything but the golden rollout and the number of parameters, which are
            computed here.
        path: the .onnx file; an existing one is replaced only by a sound one.

    Raises:
        BundleError: the network is not that of the card, or ONNX Runtime's commands differ
            from torch's by more than 1e-5.
    """
    network = deepcopy(network).cpu().eval()
    _check_shapes(network, card)
    nominal, low, high = card.timing.nominal_dt_s, card.timing.min_dt_s, card.timing.max_dt_s
    dts = tuple((nominal, low, nominal, high, 2 * low)[i % 5] for i in range(GOLDEN_STEPS))
    card = msgspec.structs.replace(
        card,
        golden=GoldenRollout(seed=1, dt_s=dts, commands=_rollout(network, card, dts)),
        parameters=free_parameters(network),
    )
    graph = to_onnx(network, _examples(card, batch=2), ("command", "next_hidden"))
    model = seal_card(graph, card)
    check_parity(network, _read_back(model))
    bundle.write(path, model)
    return card


def seal_card(model: onnx.ModelProto, card: PolicyCard) -> bytes:
    """Put the card into a model's metadata and return the sealed bytes."""
    del model.metadata_props[:]
    for key, value in (
        (bundle.CARD_KEY, bundle.encode_card(card)),
        (bundle.DIGEST_KEY, bundle.BLANK_DIGEST),
    ):
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    return bundle.seal(model.SerializeToString())


def with_scores(path: str | Path, scores: tuple[Score, ...]) -> PolicyCard:
    """Write measured scores into the card of an existing bundle and return the card.

    Raises:
        BundleError: the file is not sound; it stays as it was.
    """
    loaded = bundle.load(path)
    card = msgspec.structs.replace(loaded.card, scores=scores)
    _reseal(loaded, card, path)
    return card


def with_domain(path: str | Path, domain: dict[str, Domain], out: str | Path) -> PolicyCard:
    """Write what pictures of training are like into a bundle's card; its network stays as it is.

    Args:
        path: of the bundle.
        domain: by input.
        out: of the bundle to write, which may be the same.

    Raises:
        BundleError: the file is not sound; nothing is written.
    """
    loaded = bundle.load(path)
    card = msgspec.structs.replace(loaded.card, domain=domain)
    _reseal(loaded, card, out)
    return card


def _reseal(loaded: bundle.Bundle, card: PolicyCard, out: str | Path) -> None:
    model = seal_card(onnx.load_from_string(loaded.model), card)
    verify_bundle(replace(loaded, model=model, card=card))
    bundle.write(out, model)


@torch.no_grad()
def check_parity(network: nn.Module, candidate: bundle.Bundle) -> float:
    """Fly 500 steps in ONNX Runtime, each repeated by torch from the same state.

    Returns the largest difference of a command. Each from the same state, since a trained
    policy may amplify what rounding leaves: over a rollout of its own, torch in float32 then
    differs from torch in float64 by more than any sound export does.

    Raises:
        BundleError: a command differs by more than 1e-5 or a state by more than 1e-4.
    """
    card, policy = candidate.card, Policy(candidate)
    rng = np.random.default_rng(0)
    differences, state_differences = [], []
    for step in range(LONGEST_ROLLOUT):
        dt_s = float(rng.uniform(card.timing.min_dt_s, card.timing.max_dt_s))
        values = golden_values(2, step, card.inputs)
        hidden = torch.from_numpy(policy.hidden.copy())
        flown = policy.step(Observation(0, dt_s, values)).values
        command, hidden = network(*_tensors(values), torch.tensor([[dt_s]]), hidden)
        differences.append((command - torch.tensor([flown])).abs().max())
        state_differences.append((hidden - torch.from_numpy(policy.hidden)).abs().max())
    error = float(torch.stack(differences).max())
    state_error = float(torch.stack(state_differences).max())
    if not (error <= PARITY and state_error <= STATE_PARITY):
        raise BundleError(
            f"expected ONNX Runtime to agree with torch within {PARITY:g} over "
            f"{LONGEST_ROLLOUT} steps, found a difference of {error:.3g} in a command and "
            f"{state_error:.3g} in a state; nothing was written"
        )
    return error


@torch.no_grad()
def _check_shapes(network: nn.Module, card: PolicyCard) -> None:
    """Run one step, so that a network of other inputs than its card's is refused in one line."""
    expected = [(2, len(card.command.fields)), (2, card.hidden_size)]
    try:
        found = [tuple(output.shape) for output in network(*_examples(card, batch=2).values())]
    except (RuntimeError, TypeError, ValueError) as error:
        shapes = ", ".join(f"{name} {given.shape}" for name, given in card.inputs.items())
        reason = " ".join(str(error).split())
        raise BundleError(
            f"expected a network for the inputs of its card ({shapes}, hidden "
            f"{card.hidden_size}), found: {reason}; give the card that it was made with"
        ) from error
    if found != expected:
        raise BundleError(
            f"expected command and state of shapes {expected}, found {found}; "
            "give the card that the network was made with"
        )


@torch.no_grad()
def _rollout(
    network: nn.Module, card: PolicyCard, dts: tuple[float, ...]
) -> tuple[tuple[float, ...], ...]:
    hidden = torch.zeros(1, card.hidden_size)
    commands = []
    for step, dt_s in enumerate(dts):
        values = _tensors(golden_values(1, step, card.inputs))
        command, hidden = network(*values, torch.tensor([[dt_s]]), hidden)
        commands.append(tuple(command[0].tolist()))
    return tuple(commands)


def _tensors(values: Mapping[str, Any]) -> list[Tensor]:
    return [torch.from_numpy(value)[None] for value in values.values()]


def _examples(card: PolicyCard, batch: int) -> dict[str, Tensor]:
    """Return zeros in the shapes of the graph's inputs, dt the nominal one."""
    return {
        **{
            name: torch.zeros(batch, *given.shape, dtype=getattr(torch, given.dtype))
            for name, given in card.inputs.items()
        },
        "dt": torch.full((batch, 1), card.timing.nominal_dt_s),
        "hidden": torch.zeros(batch, card.hidden_size),
    }


def _read_back(model: bytes) -> bundle.Bundle:
    """Return sealed bytes as they would be loaded from disk."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "candidate.onnx"
        path.write_bytes(model)
        return bundle.load(path)
