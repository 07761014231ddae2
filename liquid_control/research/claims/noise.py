"""How much input noise a network stands that was trained without any.

The task is to tell a slow oscillation from a fast one, phase and amplitude unknown. Noise is
Gaussian and independent in every step, its standard deviation relative to an amplitude of 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial

import torch

from ...networks.cells import free_parameters
from ._results import Proportion, Row, Spread
from ._training import VARIANTS, Batch, build, count_right, train

QUESTION = "How much input noise does a network stand that was trained without any?"

CASES = tuple(VARIANTS)


@dataclass(frozen=True)
class Settings:
    """Sizes; every cell gets the same numbers of parameters, updates and sequences."""

    seeds: tuple[int, ...] = (0, 1, 2)
    noises: tuple[float, ...] = (0.0, 0.1, 0.2, 0.5, 1.0)
    steps: int = 24
    parameters: int = 3000
    updates: int = 250
    batch: int = 32
    rate: float = 5e-3
    tests: int = 2000


FULL = Settings()
SMALL = Settings(
    seeds=(0,), noises=(0.0, 1.0), steps=4, parameters=300, updates=2, batch=8, tests=50
)


def measure(case: str, settings: Settings) -> Row:
    """Train on clean sequences and test on noisy ones, for each seed."""
    clean = partial(oscillations, steps=settings.steps)
    right: dict[float, list[int]] = {noise: [] for noise in settings.noises}
    for seed in settings.seeds:
        model = build(case, 1, settings.parameters, seed)
        train(
            model,
            clean,
            updates=settings.updates,
            batch=settings.batch,
            rate=settings.rate,
            seed=seed,
        )
        for noise, counts in right.items():
            noisy = partial(clean, noise=noise)
            counts.append(count_right(model, noisy, tests=settings.tests, seed=10_000 + seed))
    total = len(settings.seeds) * settings.tests
    worst = right[max(settings.noises)]
    return {
        "parameters": free_parameters(model),
        **{f"noise {noise:g}": Proportion.count(sum(n), total) for noise, n in right.items()},
        f"seeds at {max(settings.noises):g}, %": Spread.full(
            [100 * count / settings.tests for count in worst]
        ),
    }


def oscillations(
    generator: torch.Generator, count: int, *, steps: int, noise: float = 0.0
) -> Batch:
    """Draw sines with a period of 12 to 24 steps (label 0) or 5 to 10 steps (label 1).

    Args:
        generator: source of randomness.
        count: number of sequences.
        steps: length of each.
        noise: standard deviation of what is added to every input.
    """
    fast = torch.randint(2, (count, 1), generator=generator).float()
    where, phase, size = torch.rand(3, count, 1, generator=generator)
    period = torch.where(fast > 0, 5 + 5 * where, 12 + 12 * where)
    angle = 2 * math.pi * (torch.arange(steps) / period + phase)
    xs = (0.5 + size) * torch.sin(angle)
    xs = xs + noise * torch.randn(count, steps, generator=generator)
    last = torch.full((count,), steps - 1)
    return Batch(xs[:, :, None], torch.ones(count, steps, 1), last, fast[:, 0])
