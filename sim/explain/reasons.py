"""Which neurons made a command: an exact decomposition, and what happens without them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.stats import bootstrap, wilcoxon

from liquid_control.networks.policy import PolicyNetwork

from .mind import Lived, command_of, relative
from .trace import Trace

SECOND_STEPS = 20
NAMED = 5
"""How many neurons are called responsible."""


@dataclass(frozen=True)
class Ablation:
    """What keeping neurons at their mean for some steps does to the commands that follow.

    Attributes:
        named: mean change of a command, as a share of its scale, without the neurons that are
            named most responsible,
        random: and without as many that were drawn.
        difference: 95 % bootstrap interval of the mean of the paired differences.
        p: of the paired Wilcoxon test.
        pairs: moments that were compared.
    """

    named: float
    random: float
    difference: tuple[float, float]
    p: float
    pairs: int


def contributions(network: PolicyNetwork, outputs: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return what each output of the cell adds to each field of the command, beside rest.

    A command is ``rest + scale tanh(w y + b)``. Every summand of ``w y + b`` has the same share of
    the command as of that sum, so the parts add up: ``command - rest`` in all, to rounding.

    Args:
        network: whose head reads the outputs.
        outputs: (steps, outputs).

    Returns:
        (steps, fields, outputs + 1) in the units of the fields; the last is the bias.
    """
    weight, bias = (
        p.detach().numpy().astype(float) for p in (network.head.weight, network.head.bias)
    )
    parts = np.concatenate(
        [
            weight[None] * outputs[:, None].astype(float),
            np.broadcast_to(bias[:, None], (len(outputs), len(bias), 1)),
        ],
        axis=2,
    )
    total = parts.sum(axis=2, keepdims=True)
    safe = np.where(np.abs(total) < 1e-12, 1.0, total)
    gain = np.where(np.abs(total) < 1e-12, 1.0, np.tanh(total) / safe)
    return parts * gain * network.command_scale.numpy()[None, :, None]


def responsible(network: PolicyNetwork, outputs: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return (steps, NAMED) the outputs that moved each command most, all fields together."""
    scale = np.where(network.command_scale.numpy() > 0, network.command_scale.numpy(), 1.0)
    share = np.abs(contributions(network, outputs)[..., :-1]) / scale[None, :, None]
    return np.argsort(-share.sum(axis=1), axis=1)[:, :NAMED]


def ablate(
    network: PolicyNetwork,
    traces: Sequence[Trace],
    lived: Sequence[Lived],
    moments: int,
    rng: Generator,
) -> Ablation | None:
    """Compare the loss of the neurons that ``responsible`` names with that of random ones.

    Only for cells whose outputs are numbers of their state; None for others.
    """
    where = _outputs_in_state(lived)
    if where is None:
        return None
    mean = np.concatenate([one.states[1:] for one in lived]).mean(axis=0)
    changes = []
    for _ in range(moments):
        flight = int(rng.integers(len(lived)))
        first = int(rng.integers(max(1, len(traces[flight].dt_s) - SECOND_STEPS)))
        outputs = lived[flight].outputs
        named = where[responsible(network, outputs[first : first + 1])[0]]
        drawn = where[rng.permutation(outputs.shape[1])[: len(named)]]
        changes.append(
            [
                _change(network, traces[flight], lived[flight], first, lost, mean, where)
                for lost in (named, drawn)
            ]
        )
    pairs = np.array(changes)
    gap = pairs[:, 0] - pairs[:, 1]
    interval = bootstrap((gap,), np.mean, n_resamples=2000, rng=rng).confidence_interval
    named_mean, drawn_mean = (float(v) for v in pairs.mean(axis=0))
    low, high = float(interval.low), float(interval.high)
    return Ablation(named_mean, drawn_mean, (low, high), float(wilcoxon(gap).pvalue), moments)


def _outputs_in_state(lived: Sequence[Lived]) -> NDArray[np.int64] | None:
    """Return which numbers of the state the outputs are, if they are any."""
    one = lived[0]
    found = []
    for output in one.outputs.T:
        off = np.abs(one.states[1:] - output[:, None]).max(axis=0)
        if off.min() > 1e-6:
            return None
        found.append(int(off.argmin()))
    return np.array(found)


@torch.no_grad()
def _change(  # noqa: PLR0917 - one moment's loss
    network: PolicyNetwork,
    trace: Trace,
    lived: Lived,
    first: int,
    lost: NDArray[np.int64],
    mean: NDArray[np.float32],
    where: NDArray[np.int64],
) -> float:
    """Return how much the commands of a second change when some neurons stay at their mean."""
    dts = relative(network, trace)
    index, kept = torch.from_numpy(lost), torch.from_numpy(mean[lost])
    hidden = torch.from_numpy(lived.states[first])[None].clone()
    total, steps = 0.0, range(first, min(first + SECOND_STEPS, len(dts)))
    scale = torch.where(network.command_scale > 0, network.command_scale, torch.ones(1))
    for i in steps:
        hidden[:, index] = kept
        x = torch.from_numpy(lived.features[i])[None]
        _, hidden = network.cell.step(x, hidden, dts[i].view(1, 1))
        hidden = hidden.clone()
        hidden[:, index] = kept
        change = command_of(network, hidden[:, where])[0] - torch.from_numpy(lived.commands[i])
        total += float((change / scale).abs().mean())
    return total / len(steps)
