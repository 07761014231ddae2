"""Whether the neurons that are named for a command matter, and which inputs moved it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.stats import bootstrap, wilcoxon

from liquid_control.networks.policy import PolicyNetwork
from liquid_control.reasons import Readout

from .mind import Lived, Moments

SECOND_STEPS = 20
MOST_NAMED = 5
POINTS = 32
"""On the way from the mean to a moment's features."""


@dataclass(frozen=True)
class Ablation:
    """What keeping neurons at their mean for some steps does to the commands that follow.

    Attributes:
        count: of neurons that are kept.
        named: mean change of a command, as a share of its scale, without the neurons that are
            named most responsible,
        random: and without as many that were drawn.
        difference: 95 % bootstrap interval of the mean of the paired differences.
        p: of the paired Wilcoxon test.
        pairs: moments that were compared.
    """

    count: int
    named: float
    random: float
    difference: tuple[float, float]
    p: float
    pairs: int


@dataclass(frozen=True)
class Inputs:
    """How features moved the commands away from what mean features would have given.

    Attributes:
        parts: (moments, fields, features), shares of the fields' scales (arXiv:1703.01365).
        off: largest difference of the sum of the parts from the change.
    """

    parts: NDArray[np.float64]
    off: float


def ablate(
    network: PolicyNetwork,
    readout: Readout,
    lived: Sequence[Lived],
    moments: int,
    rng: Generator,
) -> Ablation | None:
    """Compare the loss of the neurons that a readout names with that of random ones.

    Only for cells whose commands are read from their state; None for others.
    """
    places = np.array(readout.places, int)
    if not len(places):
        return None
    mean = np.concatenate([one.states[1:] for one in lived]).mean(axis=0)
    count = max(1, min(MOST_NAMED, len(places) // 4))
    changes = []
    for _ in range(moments):
        flight = lived[int(rng.integers(len(lived)))]
        first = int(rng.integers(max(1, len(flight.dts) - SECOND_STEPS)))
        named = places[readout.responsible(readout.of_state(flight.states[first + 1]), count)]
        drawn = places[rng.permutation(len(places))[:count]]
        losses = (named, drawn)
        changes.append([_change(network, readout, flight, first, i, mean[i]) for i in losses])
    pairs = np.array(changes)
    without_named, without_drawn = (float(v) for v in pairs.mean(axis=0))
    low, high, p = _difference(pairs[:, 0] - pairs[:, 1], rng)
    return Ablation(count, without_named, without_drawn, (low, high), p, moments)


def _difference(gap: NDArray[np.float64], rng: Generator) -> tuple[float, float, float]:
    """Return a 95 % bootstrap interval of the mean, and the Wilcoxon test's p."""
    if not gap.any():
        return 0.0, 0.0, 1.0
    found = bootstrap((gap,), np.mean, n_resamples=2000, method="percentile", rng=rng)
    interval = found.confidence_interval
    return float(interval.low), float(interval.high), float(wilcoxon(gap).pvalue)


@torch.no_grad()
def _change(  # noqa: PLR0917 - one moment's loss
    network: PolicyNetwork,
    readout: Readout,
    lived: Lived,
    first: int,
    lost: NDArray[np.intp],
    kept: NDArray[np.float32],
) -> float:
    """Return how much the commands of a second change when some neurons stay at their mean."""
    index, mean = torch.from_numpy(lost), torch.from_numpy(kept)
    hidden = torch.from_numpy(lived.states[first])[None].clone()
    scale = np.where(readout.scale > 0, readout.scale, 1.0)
    total, steps = 0.0, range(first, min(first + SECOND_STEPS, len(lived.dts)))
    for i in steps:
        hidden[:, index] = mean
        x, dt = torch.from_numpy(lived.features[i])[None], torch.from_numpy(lived.dts[i])[None]
        hidden = network.cell.step(x, hidden, dt)[1].clone()
        hidden[:, index] = mean
        command = readout.command(readout.of_state(hidden[0].numpy()))
        total += float((np.abs(command - lived.commands[i]) / scale).mean())
    return total / len(steps)


def inputs_of(network: PolicyNetwork, moments: Moments, mean: NDArray[np.float32]) -> Inputs:
    """Return what each feature did at some moments, the state before them as it was.

    Args:
        network: the policy's.
        moments: to be explained.
        mean: (features,) in the place of the features that are not there.
    """
    usual = torch.from_numpy(mean)
    scale = torch.where(network.command_scale > 0, network.command_scale, torch.ones(1))

    def reply(x: torch.Tensor) -> torch.Tensor:
        y, _ = network.cell.step(x, moments.state, moments.dt)
        return network.command(y) / scale

    away = moments.x - usual
    fields = len(network.command_scale)
    slopes = torch.zeros(fields, *moments.x.shape)
    for point in ((torch.arange(POINTS) + 0.5) / POINTS).tolist():
        x = (usual + point * away).requires_grad_()
        for field, one in enumerate(reply(x).T):
            slopes[field] += torch.autograd.grad(one.sum(), x, retain_graph=True)[0] / POINTS
    parts = (slopes * away).transpose(0, 1)
    with torch.no_grad():
        change = reply(moments.x) - reply(usual.expand_as(moments.x))
    off = float((parts.sum(2) - change).abs().max())
    return Inputs(parts.detach().numpy().astype(float), off)
