"""What the numbers of a state follow, how many of them count, and for how long they remember."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.metrics import r2_score
from sklearn.tree import DecisionTreeRegressor, export_text

from liquid_control.networks.policy import PolicyNetwork

from .mind import Lived, relative
from .trace import Trace

LEAVES = 8
"""Of a tree: as many as a person reads."""


@dataclass(frozen=True)
class Tree:
    """What a neuron follows, as a decision tree over what was true.

    Attributes:
        name: of the neuron.
        fact: that decides most.
        score: share of the neuron's variance that the tree tells in flights it was not made from.
        rules: the tree as text.
    """

    name: str
    fact: str
    score: float
    rules: str


@dataclass(frozen=True)
class Dynamics:
    """The state's own motion, from its Jacobian at moments of the flights.

    Attributes:
        memory_s: (moments, state) time constants of its eigenvalues, slowest first.
        lipschitz: (moments,) by how much two near states differ at most after a step.
        jacobian: (state, state) its mean: what one neuron does to another in a step.
    """

    memory_s: NDArray[np.float64]
    lipschitz: NDArray[np.float64]
    jacobian: NDArray[np.float64]


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


def grow(
    names: Sequence[str],
    states: Sequence[NDArray[np.float32]],
    facts: Sequence[dict[str, NDArray[np.float32]]],
) -> list[Tree]:
    """Return a tree for each neuron, made from the first half of the flights, best first.

    Args:
        names: of the neurons.
        states: (steps, state) of each flight.
        facts: of each flight.
    """
    half = (len(states) + 1) // 2
    words = list(facts[0])
    x = [np.stack([f[word] for word in words], axis=1) for f in facts]
    x_made, x_asked = np.concatenate(x[:half]), np.concatenate(x[half:])
    y_made, y_asked = np.concatenate(states[:half]), np.concatenate(states[half:])
    trees = []
    for i, name in enumerate(names):
        tree = DecisionTreeRegressor(max_leaf_nodes=LEAVES, min_samples_leaf=20, random_state=0)
        tree.fit(x_made, y_made[:, i])
        told = tree.predict(x_asked)
        score = float(r2_score(y_asked[:, i], told)) if y_asked[:, i].std() > 1e-9 else 0.0
        fact = words[int(tree.feature_importances_.argmax())]
        trees.append(Tree(name, fact, score, export_text(tree, feature_names=words, decimals=2)))
    return sorted(trees, key=lambda tree: -tree.score)


def dynamics(
    network: PolicyNetwork,
    traces: Sequence[Trace],
    lived: Sequence[Lived],
    moments: int,
    rng: Generator,
) -> Dynamics:
    """Return memory and contraction of the state at moments drawn from the flights."""
    memory, lipschitz = [], []
    total = np.zeros((network.cell.state_size,) * 2)
    for _ in range(moments):
        flight = int(rng.integers(len(lived)))
        i = int(rng.integers(len(lived[flight].features)))
        x = torch.from_numpy(lived[flight].features[i])[None]
        dt = relative(network, traces[flight])[i].view(1, 1)
        before = torch.from_numpy(lived[flight].states[i])

        def after(h: torch.Tensor, x: torch.Tensor = x, dt: torch.Tensor = dt) -> torch.Tensor:
            return network.cell.step(x, h[None], dt)[1][0]

        jacobian = torch.autograd.functional.jacobian(after, before).numpy().astype(float)
        sizes = np.sort(np.abs(np.linalg.eigvals(jacobian)))[::-1].clip(1e-6, 1 - 1e-6)
        memory.append(-float(traces[flight].dt_s[i]) / np.log(sizes))
        lipschitz.append(np.linalg.norm(jacobian, 2))
        total += jacobian
    return Dynamics(np.array(memory), np.array(lipschitz), total / moments)
