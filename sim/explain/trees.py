"""What each neuron follows, as a small tree over facts, and how well the neurons keep them apart.

After arXiv:2210.06650: trees from what was true to a neuron's value, the way back from the value
to the path, and measures of how facts are divided among neurons.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from sklearn.metrics import mutual_info_score, r2_score
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, export_text

LEAVES = 8
"""Of a tree: as many as a person reads."""
BINS = 16
"""Into which values are sorted for their information, each as full as the next."""

Facts = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True)
class Tree:
    """What a neuron follows, as a decision tree over what was true.

    Attributes:
        name: of the neuron.
        fact: that decides most.
        score: share of the neuron's variance that the tree tells in flights it was not made from.
        path: share of steps of those flights whose path the neuron's value alone tells,
        chance: and the share in which the path is the commonest one.
        rules: the tree as text.
    """

    name: str
    fact: str
    score: float
    path: float
    chance: float
    rules: str


@dataclass(frozen=True)
class Apart:
    """How facts are divided among neurons, from their mutual information.

    Attributes:
        information: (neurons, facts) in nats, less what shuffled values have.
        gap: mean over facts of how much more the best neuron knows of one than the second best,
            as a share of the fact's entropy.
        modularity: mean over neurons; 1 where each knows of one fact only, 0 where of all alike.
    """

    information: NDArray[np.float64]
    gap: float
    modularity: float


def changing(facts: Sequence[Facts]) -> list[str]:
    """Return the names of facts that are not always the same."""
    return [
        name
        for name in facts[0]
        if np.ptp(np.concatenate([flight[name] for flight in facts])) > 1e-6
    ]


def grow(
    names: Sequence[str], states: Sequence[NDArray[np.float32]], facts: Sequence[Facts]
) -> list[Tree]:
    """Return a tree for each neuron, made from the first half of the flights, best first.

    Args:
        names: of the neurons.
        states: (steps, state) of each flight.
        facts: of each flight; those that never change are left out.
    """
    half = (len(states) + 1) // 2
    words = changing(facts)
    x = [np.stack([f[word] for word in words], axis=1) for f in facts]
    made, asked = (np.concatenate(part) for part in (x[:half], x[half:]))
    y_made, y_asked = np.concatenate(states[:half]), np.concatenate(states[half:])
    trees = [
        _tree(name, words, (made, y_made[:, i]), (asked, y_asked[:, i]))
        for i, name in enumerate(names)
    ]
    return sorted(trees, key=lambda tree: -tree.score)


def apart(states: NDArray[np.float32], facts: Facts, rng: Generator) -> Apart:
    """Return how the facts are divided among the neurons.

    Args:
        states: (steps, state).
        facts: (steps,) each, none that never changes.
        rng: shuffles, to see how much information so few steps seem to have by chance.
    """
    neurons = [_binned(column) for column in states.T]
    known = [_binned(values) for values in facts.values()]
    shuffled = [rng.permutation(values) for values in known]
    table, chance = (
        np.array([[mutual_info_score(f, n) for f in against] for n in neurons])
        for against in (known, shuffled)
    )
    information = np.maximum(table - chance, 0.0)
    best = np.sort(information, axis=0)[::-1]
    entropy = np.array([max(mutual_info_score(f, f), 1e-9) for f in known])
    second = best[1] if len(best) > 1 else np.zeros_like(best[0])
    return Apart(information, float(((best[0] - second) / entropy).mean()), _modular(information))


def _modular(information: NDArray[np.float64]) -> float:
    """Return the mean modularity (arXiv:1802.05312) of neurons that know anything."""
    most = information.max(axis=1)
    knows, others = most > 0.05, information.shape[1] - 1
    if not knows.any() or not others:
        return 0.0
    squares = (information[knows] ** 2).sum(axis=1) - most[knows] ** 2
    return float((1.0 - squares / (most[knows] ** 2 * others)).mean())


def _tree(
    name: str,
    words: Sequence[str],
    made: tuple[NDArray[np.float32], NDArray[np.float32]],
    asked: tuple[NDArray[np.float32], NDArray[np.float32]],
) -> Tree:
    tree = DecisionTreeRegressor(max_leaf_nodes=LEAVES, min_samples_leaf=20, random_state=0)
    tree.fit(*made)
    x, y = asked
    score = float(r2_score(y, tree.predict(x))) if y.std() > 1e-9 else 0.0
    path, usual = tree.apply(x), tree.apply(made[0])
    back = DecisionTreeClassifier(max_leaf_nodes=2 * LEAVES, min_samples_leaf=20, random_state=0)
    told = back.fit(made[1][:, None], usual).predict(y[:, None])
    commonest = np.bincount(usual).argmax()
    return Tree(
        name,
        words[int(tree.feature_importances_.argmax())],
        score,
        float((told == path).mean()),
        float((path == commonest).mean()),
        export_text(tree, feature_names=list(words), decimals=2),
    )


def _binned(values: NDArray[np.floating]) -> NDArray[np.intp]:
    """Return the number of the bin of each value; equal values share one."""
    edges = np.unique(np.quantile(values, np.linspace(0, 1, BINS + 1)[1:-1]))
    return np.searchsorted(edges, values, side="right")
