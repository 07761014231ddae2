"""What a count of flights says: intervals and tests, all of them scipy's."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from scipy.stats import binomtest, bootstrap

Interval = tuple[float, float]
LEVEL = 0.95
RESAMPLES = 9_999


@cache
def wilson_interval(successes: int, flights: int) -> Interval:
    """Return the 95 % Wilson interval of a success rate."""
    found = binomtest(successes, flights).proportion_ci(LEVEL, method="wilson")
    return round(float(found.low), 4), round(float(found.high), 4)


def mcnemar_p(only_a: int, only_b: int) -> float:
    """Return the exact two-sided p of McNemar's test.

    Seeds that both or neither reached say nothing of a difference; of the others, a fair coin
    decides which of two equal policies reached each.

    Args:
        only_a: seeds that only the first reached.
        only_b: seeds that only the second reached.
    """
    discordant = only_a + only_b
    return float(binomtest(only_a, discordant, 0.5).pvalue) if discordant else 1.0


def difference_interval(a: Sequence[bool], b: Sequence[bool]) -> Interval:
    """Return the 95 % bootstrap interval of the rate of ``a`` less that of ``b``.

    Args:
        a: whether each flight succeeded; at least two.
        b: the same seeds flown by the other.
    """
    differences = np.asarray(a, float) - np.asarray(b, float)
    found = bootstrap(
        (differences,),
        np.mean,
        n_resamples=RESAMPLES,
        batch=1_000,
        confidence_level=LEVEL,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    return round(float(found.low), 4), round(float(found.high), 4)
