"""Which flights may be drawn for what: nothing is learnt from a seed that is reported on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from liquid_control.errors import ConfigError

TRAINING = range(0, 500_000)
CHOICES = range(500_000, 800_000)
VALIDATION = range(800_000, 900_000)
REPORTED = range(900_000, 2**31)

LARGEST_RUN_SEED = 2**32 - 1


def flight_seeds(run_seed: int, counts: Sequence[int]) -> list[list[int]]:
    """Return the training seeds of every stage of a run; no flight is drawn twice.

    Args:
        run_seed: another one gives other flights.
        counts: flights of each stage, in order; more stages leave those before them as they were.

    Raises:
        ConfigError: there are fewer training seeds than flights.
    """
    if sum(counts) > len(TRAINING):
        raise ConfigError(
            f"expected at most {len(TRAINING)} training flights, found {sum(counts)}; "
            "take fewer expert_flights, dagger_rounds or dagger_flights"
        )
    drawn = np.random.default_rng(run_seed).permutation(len(TRAINING))
    ends = np.cumsum(counts).tolist()
    return [
        [TRAINING[i] for i in drawn[end - count : end].tolist()]
        for end, count in zip(ends, counts, strict=True)
    ]


def validation_seeds(count: int) -> list[int]:
    """Return the seeds of the flights by which a fit is watched; the same for every run."""
    return list(VALIDATION[:count])
