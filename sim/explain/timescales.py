"""How fast each neuron moves at the present input: what makes a liquid cell liquid."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from liquid_control.networks.cells import Cell
from liquid_control.networks.cells.cfc import BACKBONE_ACTIVATIONS, CfC
from liquid_control.networks.cells.ltc import EPSILON, LTC, POSITIVE
from liquid_control.networks.policy import PolicyNetwork

from .mind import Moments

LONGEST_S = 1000.0

Given = tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class Timescales:
    """Effective time constants of the neurons.

    Attributes:
        seconds: (moments, neurons), at most ``LONGEST_S``.
        meaning: what the constant is of, in a sentence.
    """

    seconds: NDArray[np.float64]
    meaning: str


@torch.no_grad()
def timescales(network: PolicyNetwork, moments: Moments) -> Timescales | None:
    """Return the time constants at some moments; None of a cell that has none."""
    parts = [part for part in network.cell.modules() if isinstance(part, (CfC, LTC))]
    given = given_to(network.cell, parts, moments)
    found = [
        (_of_cfc(part, one), MEANING[part.mode])
        if isinstance(part, CfC)
        else (_of_ltc(part, one), MEANING["ltc"])
        for part, one in zip(parts, given, strict=True)
    ]
    if not found:
        return None
    steps = torch.cat([one for one, _ in found], dim=1).numpy().astype(float)
    seconds = (steps * network.card.timing.nominal_dt_s).clip(max=LONGEST_S)
    return Timescales(seconds, found[0][1])


def given_to(cell: Cell, parts: Sequence[nn.Module], moments: Moments) -> list[Given]:
    """Return what each part of a cell is given in a step: x, its state, dt; rows are moments."""
    heard: list[Given] = []

    def listened(step: Callable[..., Any]) -> Callable[..., Any]:
        def wrapped(*given: Tensor) -> Any:
            heard.append((given[0], given[1], given[2]))
            return step(*given)

        return wrapped

    for part in parts:
        part.__dict__["step"] = listened(part.step)  # type: ignore[arg-type]
    try:
        cell.step(moments.x, moments.state, moments.dt)
    finally:
        for part in parts:
            del part.__dict__["step"]
    return heard


def _of_cfc(part: CfC, given: Given) -> Tensor:
    """Return (moments, neurons) nominal steps."""
    z = torch.cat(given[:2], dim=1)
    for layer in part.backbone:
        z = BACKBONE_ACTIVATIONS[part.backbone_activation](layer(z))
    heads = nn.functional.linear(z, part.head_weight(), part.heads.bias)
    rate = part.w_tau.abs() + heads.abs() if part.mode == "pure" else heads[:, -part.units :].abs()
    return 1.0 / rate.clamp(min=1e-9)


def _of_ltc(part: LTC, given: Given) -> Tensor:
    """Return (moments, neurons) nominal steps: capacity by conductance."""
    conductance = POSITIVE[part.positivity](part.gleak) + EPSILON
    for prefix, v in (("sensory_", given[0] * part.input_w + part.input_b), ("", given[1])):
        conductance = conductance + synapses_of(part, prefix, v).sum(1)
    return POSITIVE[part.positivity](part.cm) / conductance


def synapses_of(part: LTC, prefix: str, v: Tensor) -> Tensor:
    """Return (moments, sources, targets) conductances of synapses at (moments, sources) v."""
    w, sigma, mu = (getattr(part, prefix + name) for name in ("w", "sigma", "mu"))
    weight = POSITIVE[part.positivity](w) * getattr(part, prefix + "mask")
    return weight * torch.sigmoid(sigma * (v[:, :, None] - mu))


MEANING = {
    "default": "how long the gate takes to go over from the neuron's first answer to its second "
    "when nothing new is seen: 1 / |time_a|",
    "no_gate": "how long the gate takes to open when nothing new is seen: 1 / |time_a|",
    "pure": "how long the neuron takes to forget its answer: 1 / (|w_tau| + |ff1|)",
    "ltc": "how long the neuron's voltage takes to follow: capacity by present conductance",
}
