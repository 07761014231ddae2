"""Two policies on the same seeds: which reached what, and whether that could be luck."""

from __future__ import annotations

from typing import Any

import msgspec

from liquid_control.contract import Record
from liquid_control.errors import ConfigError

from ..tasks import Outcome
from .seen import differing
from .statistics import difference_interval, mcnemar_p
from .summary import Summary


class Comparison(Record, frozen=True):
    """Two policies, seed by seed.

    Attributes:
        a: what flew first.
        b: what flew second.
        seeds: how many both have flown; the numbers below are of these.
        both: seeds that both reached.
        only_a: seeds that only the first reached.
        only_b: seeds that only the second reached.
        neither: seeds that neither reached.
        p_value: McNemar's exact test, two-sided.
        difference: success rate of the first less that of the second.
        difference_interval: its 95 % bootstrap interval.
    """

    a: str
    b: str
    seeds: int
    both: int
    only_a: int
    only_b: int
    neither: int
    p_value: float
    difference: float
    difference_interval: tuple[float, float]

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return msgspec.to_builtins(self)


def compare(a: Summary, b: Summary) -> Comparison:
    """Pair two summaries by seed.

    Raises:
        ConfigError: they are of different worlds, or have fewer than two seeds in common.
    """
    _same_world(a, b)
    first, second = _reached(a), _reached(b)
    seeds = sorted(first.keys() & second.keys())
    if len(seeds) < 2:
        raise ConfigError(
            f"expected two seeds or more that both have flown, found {len(seeds)}; "
            f"evaluate both with one --seed"
        )
    reached_a, reached_b = [first[s] for s in seeds], [second[s] for s in seeds]
    pairs = list(zip(reached_a, reached_b, strict=True))
    only_a, only_b = pairs.count((True, False)), pairs.count((False, True))
    return Comparison(
        a=a.model,
        b=b.model,
        seeds=len(seeds),
        both=pairs.count((True, True)),
        only_a=only_a,
        only_b=only_b,
        neither=pairs.count((False, False)),
        p_value=mcnemar_p(only_a, only_b),
        difference=(only_a - only_b) / len(seeds),
        difference_interval=difference_interval(reached_a, reached_b),
    )


def _reached(summary: Summary) -> dict[int, bool]:
    return {flight.seed: flight.outcome is Outcome.SUCCESS for flight in summary.flights}


def _same_world(a: Summary, b: Summary) -> None:
    paths = differing(a.world, b.world)
    if paths:
        raise ConfigError(
            f"expected two results of one world, found them to differ in {', '.join(paths[:3])}; "
            f"evaluate both with the same --task, --world and --perturb"
        )
