"""What the numbers of a state follow, how many of them count, and how the state moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import rankdata

from liquid_control.networks.policy import PolicyNetwork

from .mind import Lived, Moments

ALONG = 600
"""Steps of a flight along which the state's own motion is followed."""


@dataclass(frozen=True)
class Dynamics:
    """The state's own motion, from its Jacobian at moments of the flights.

    Attributes:
        memory_s: (moments, state) time constants of its eigenvalues, slowest first.
        lipschitz: (moments,) by how much two near states differ at most after a step.
        along: (steps,) the same along the first flight.
    """

    memory_s: NDArray[np.float64]
    lipschitz: NDArray[np.float64]
    along: NDArray[np.float64]


def components(states: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the share of the variance of (steps, state) in each principal component."""
    centred = states - states.mean(axis=0)
    variance = np.linalg.svd(centred, compute_uv=False).astype(float) ** 2
    return variance / max(variance.sum(), 1e-12)


def follows(
    states: NDArray[np.float32], facts: dict[str, NDArray[np.float32]]
) -> NDArray[np.float64]:
    """Return (state, facts) rank correlations; 0 where either never changes."""
    one, other = (_ranks(table) for table in (states, np.stack(list(facts.values()), axis=1)))
    return one.T @ other


def _ranks(table: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the ranks of each column around their mean, of length 1; 0 of a constant one."""
    ranks = rankdata(table, axis=0)
    centred = ranks - ranks.mean(axis=0)
    return centred / np.maximum(np.linalg.norm(centred, axis=0), 1e-9)


def dynamics(network: PolicyNetwork, moments: Moments, first: Lived) -> Dynamics:
    """Return memory and contraction of the state at moments, and along one flight."""
    found = jacobian(network, moments)
    sizes = np.sort(np.abs(np.linalg.eigvals(found)), axis=1)[:, ::-1].clip(1e-6, 1 - 1e-6)
    dt_s = moments.dt.numpy().astype(float) * network.card.timing.nominal_dt_s
    flown = first.features[:ALONG], first.states[:-1][:ALONG], first.dts[:ALONG]
    along = jacobian(network, Moments(*(torch.from_numpy(v) for v in flown)))
    return Dynamics(-dt_s / np.log(sizes), _largest(found), _largest(along))


def jacobian(network: PolicyNetwork, moments: Moments) -> NDArray[np.float64]:
    """Return (moments, to, from) how the next state depends on the state."""
    state = moments.state.clone().requires_grad_()
    after = network.cell.step(moments.x, state, moments.dt)[1]
    # Moments do not mix, so the gradient of a sum over them has all of theirs.
    rows = [torch.autograd.grad(one.sum(), state, retain_graph=True)[0] for one in after.T]
    return torch.stack(rows, dim=1).numpy().astype(float)


def _largest(jacobians: NDArray[np.float64]) -> NDArray[np.float64]:
    gains: NDArray[np.float64] = np.linalg.norm(jacobians, 2, axis=(1, 2))
    return gains
