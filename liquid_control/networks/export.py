"""A policy network to a sealed bundle; nothing is written unless ONNX Runtime agrees."""

from __future__ import annotations

import tempfile
from copy import deepcopy
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx
import torch
from torch import Tensor, nn

from .. import bundle
from ..contract import GoldenRollout, Observation, PolicyCard
from ..errors import BundleError
from ..runtime import Policy, verify
from .cells import free_parameters
from .onnx_graph import to_onnx

PARITY = 1e-5
STATE_PARITY = 1e-4
GOLDEN_STEPS = 24
LONGEST_ROLLOUT = 500


def export(network: nn.Module, card: PolicyCard, path: str | Path) -> PolicyCard:
    """Write ``network`` as a verified bundle and return the card that it carries.

    Args:
        network: maps (image, imu, dt, hidden) to (command, next_hidden); without ``imu``
            where the card says ``uses_imu = False``; it is left as it was.
        card: everything but the golden rollout, which is computed here.
        path: the .onnx file; an existing one is replaced only by a sound one.

    Raises:
        BundleError: ONNX Runtime's commands differ from torch's by more than 1e-5.
    """
    network = deepcopy(network).cpu().eval()
    nominal, low, high = card.timing.nominal_dt_s, card.timing.min_dt_s, card.timing.max_dt_s
    dts = tuple((nominal, low, nominal, high, 2 * low)[i % 5] for i in range(GOLDEN_STEPS))
    card = msgspec.structs.replace(
        card,
        golden=GoldenRollout(seed=1, dt_s=dts, commands=_rollout(network, card, dts)),
        parameters=free_parameters(network),
    )
    model = seal_card(_to_onnx(network, card), card)
    check_parity(network, card, model)
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


def with_scores(path: str | Path, scores: tuple[Any, ...]) -> PolicyCard:
    """Write measured scores into the card of an existing bundle and return the card."""
    loaded = bundle.load(path)
    card = msgspec.structs.replace(loaded.card, scores=scores)
    bundle.write(path, seal_card(onnx.load_from_string(loaded.model), card))
    verify(path)
    return card


@torch.no_grad()
def check_parity(network: nn.Module, card: PolicyCard, model: bytes) -> float:
    """Fly 500 steps in ONNX Runtime, each repeated by torch from the same state.

    Returns the largest difference of a command. Each from the same state, since a trained
    policy may amplify what rounding leaves: over a rollout of its own, torch in float32 then
    differs from torch in float64 by more than any sound export does.

    Raises:
        BundleError: a command differs by more than 1e-5 or a state by more than 1e-4.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "candidate.onnx"
        path.write_bytes(model)
        policy = Policy(bundle.load(path))
    rng = np.random.default_rng(0)
    differences, state_differences = [], []
    for step in range(LONGEST_ROLLOUT):
        dt_s = float(rng.uniform(card.timing.min_dt_s, card.timing.max_dt_s))
        image, imu = bundle.golden_inputs(2, step, card.camera)
        hidden = torch.from_numpy(policy.hidden.copy())
        flown = policy.step(Observation(0, image, imu, dt_s)).as_tuple()
        inputs = _inputs(card, torch.from_numpy(image)[None], torch.from_numpy(imu)[None])
        command, hidden = network(*inputs, torch.tensor([[dt_s]]), hidden)
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
def _rollout(
    network: nn.Module, card: PolicyCard, dts: tuple[float, ...]
) -> tuple[tuple[float, float, float, float], ...]:
    hidden = torch.zeros(1, card.hidden_size)
    commands = []
    for step, dt_s in enumerate(dts):
        image, imu = bundle.golden_inputs(card.golden.seed or 1, step, card.camera)
        inputs = _inputs(card, torch.from_numpy(image)[None], torch.from_numpy(imu)[None])
        command, hidden = network(*inputs, torch.tensor([[dt_s]]), hidden)
        commands.append(tuple(command[0].tolist()))
    return tuple(commands)


def _inputs(card: PolicyCard, image: Tensor, imu: Tensor) -> tuple[Tensor, ...]:
    return (image, imu) if card.uses_imu else (image,)


def _to_onnx(network: nn.Module, card: PolicyCard) -> onnx.ModelProto:
    camera = card.camera
    inputs = {
        "image": torch.zeros(2, camera.height, camera.width, 3, dtype=torch.uint8),
        "imu": torch.zeros(2, 6),
        "dt": torch.full((2, 1), card.timing.nominal_dt_s),
        "hidden": torch.zeros(2, card.hidden_size),
    }
    if not card.uses_imu:
        del inputs["imu"]
    return to_onnx(network, inputs, ("command", "next_hidden"))
