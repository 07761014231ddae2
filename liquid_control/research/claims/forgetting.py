"""Whether a network keeps a first task while it is trained on a second.

Both tasks show the same kind of sequence; a third input says which question is asked, so that
one network could answer both. First: the sign of a cue shown at the start. Second: the sign of
the sum of another channel. The first is measured before and after the second is trained, with
nothing that protects it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import torch

from ...networks.cells import free_parameters
from ._results import Proportion, Row, Spread
from ._training import VARIANTS, Batch, build, count_right, train

QUESTION = "Is a first task kept while a second is trained, with nothing that protects it?"

CASES = tuple(name for name in VARIANTS if name not in {"strict", "feedforward"})


@dataclass(frozen=True)
class Settings:
    """Sizes; every cell gets the same numbers of parameters, updates and sequences."""

    seeds: tuple[int, ...] = (0, 1, 2)
    steps: int = 16
    parameters: int = 3000
    updates: int = 250
    batch: int = 32
    rate: float = 5e-3
    tests: int = 2000


FULL = Settings()
SMALL = Settings(seeds=(0,), steps=4, parameters=300, updates=2, batch=8, tests=50)


def measure(case: str, settings: Settings) -> Row:
    """Train the first task, then the second, for each seed; measure before and after."""
    first = partial(sequences, steps=settings.steps, second=False)
    second = partial(sequences, steps=settings.steps, second=True)
    before, learnt, after = [], [], []
    for seed in settings.seeds:
        model = build(case, 3, settings.parameters, seed)
        learn = partial(
            train,
            model,
            updates=settings.updates,
            batch=settings.batch,
            rate=settings.rate,
            seed=seed,
        )
        test = partial(count_right, model, tests=settings.tests, seed=10_000 + seed)
        learn(first)
        before.append(test(first))
        learn(second)
        learnt.append(test(second))
        after.append(test(first))
    total = len(settings.seeds) * settings.tests
    lost = [100 * (a - b) / settings.tests for a, b in zip(before, after, strict=True)]
    return {
        "parameters": free_parameters(model),
        "first task": Proportion.count(sum(before), total),
        "second task": Proportion.count(sum(learnt), total),
        "first task after": Proportion.count(sum(after), total),
        "points lost, seeds": Spread.full(lost),
    }


def sequences(generator: torch.Generator, count: int, *, steps: int, second: bool) -> Batch:
    """Draw sequences of noise with a cue of size 2 at the start of the first channel.

    Args:
        generator: source of randomness.
        count: number of sequences.
        steps: length of each.
        second: ask for the sign of the second channel's sum instead of that of the cue.
    """
    xs = torch.randn(count, steps, 3, generator=generator)
    cue = torch.randint(2, (count,), generator=generator).float()
    xs[:, 0, 0] = 4 * cue - 2
    xs[:, 1:, 0] *= 0.5
    xs[:, :, 2] = 1.0 if second else -1.0
    labels = (xs[:, :, 1].sum(1) > 0).float() if second else cue
    return Batch(xs, torch.ones(count, steps, 1), torch.full((count,), steps - 1), labels)
