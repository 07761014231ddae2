"""What the state knows that the present inputs do not tell: each fact is read from both linearly.

Probes after arXiv:1610.01644: fitted to one half of the flights, asked about the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import RidgeCV
from sklearn.metrics import r2_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from .trees import Facts, changing

PENALTIES = np.logspace(-1, 5, 7)
Table = NDArray[np.floating]


@dataclass(frozen=True)
class Known:
    """How well a fact is told by a linear layer, as a share of its variance; 0 is not at all.

    Attributes:
        fact: its name.
        by_state: read from the state,
        by_inputs: and from what the cell is given in the same step.
    """

    fact: str
    by_state: float
    by_inputs: float

    @property
    def remembered(self) -> float:
        """What the state tells more than the inputs of the step."""
        return self.by_state - self.by_inputs


def known(states: Sequence[Table], inputs: Sequence[Table], facts: Sequence[Facts]) -> list[Known]:
    """Return what is known of each fact that changes in both halves, most remembered first.

    Args:
        states: (steps, state) of each flight, after each step.
        inputs: (steps, features) of each flight.
        facts: of each flight.
    """
    half = (len(states) + 1) // 2
    names = [n for n in changing(facts[:half]) if n in changing(facts[half:])]
    found = [
        Known(name, _told(states, facts, name, half), _told(inputs, facts, name, half))
        for name in names
    ]
    return sorted(found, key=lambda one: -one.remembered)


def _told(given: Sequence[Table], facts: Sequence[Facts], name: str, half: int) -> float:
    made, asked = (np.concatenate(part) for part in (given[:half], given[half:]))
    y = [np.concatenate([f[name] for f in part]) for part in (facts[:half], facts[half:])]
    probe = make_pipeline(StandardScaler(), RidgeCV(PENALTIES)).fit(made, y[0])
    return max(0.0, float(r2_score(y[1], probe.predict(asked))))
