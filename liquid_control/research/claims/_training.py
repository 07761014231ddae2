"""What experiments share that train: cells of one size, one loop, one count of what is right."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...networks.cells import free_parameters, make_cell

VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "cfc": ("cfc", {}),
    "cfc mixed": ("cfc", {"mixed_memory": True}),
    "ltc": ("ltc", {}),
    "wired_cfc": ("wired_cfc", {}),
    "strict": ("strict", {}),
    "liquid_s4": ("liquid_s4", {}),
    "lfm": ("lfm", {"heads": 2, "kv_heads": 1}),
    "lstm": ("lstm", {}),
    "gru": ("gru", {}),
    "transformer": ("transformer", {"heads": 2}),
    "feedforward": ("feedforward", {}),
}
"""Name and settings, but for the units, of each cell that is compared; a CfC's backbone is as
wide as its state."""

EVALUATION_BATCH = 1000


class Batch(NamedTuple):
    """Sequences with a yes or no at their end.

    Attributes:
        xs: (batch, time, features).
        dts: (batch, time, 1) elapsed time in nominal steps.
        last: (batch,) int, the step after which the answer is due.
        labels: (batch,) float, 0 or 1.
    """

    xs: Tensor
    dts: Tensor
    last: Tensor
    labels: Tensor


Task = Callable[[torch.Generator, int], Batch]
"""Draws so many sequences."""


class Classifier(nn.Module):
    """A cell and one linear layer that reads its last output."""

    def __init__(self, variant: str, features: int, units: int) -> None:
        super().__init__()
        name, settings = VARIANTS[variant]
        backbone = {"backbone_units": units} if name == "cfc" else {}
        self.cell = make_cell(name, features, units=units, **settings, **backbone)
        self.read = nn.Linear(self.cell.output_size, 1)

    def forward(self, batch: Batch) -> Tensor:
        """Return one logit a sequence, (batch,)."""
        state = self.cell.initial_state(len(batch.xs))
        ys, _ = self.cell.scan(batch.xs, state, batch.dts)
        logits: Tensor = self.read(ys[torch.arange(len(ys)), batch.last])[:, 0]
        return logits


def build(variant: str, features: int, parameters: int, seed: int) -> Classifier:
    """Return the classifier whose free parameters come closest to ``parameters``."""
    units = units_for(variant, features, parameters)
    torch.manual_seed(seed)
    return Classifier(variant, features, units)


@cache
def units_for(variant: str, features: int, parameters: int) -> int:
    """Return the even number that gives a variant about so many free parameters."""
    units, before = 8, 0
    while True:
        count = free_parameters(Classifier(variant, features, units))
        if count >= parameters:
            closer_below = before and parameters - before < count - parameters
            return units - 2 if closer_below else units
        units, before = units + 2, count


def train(
    model: Classifier, task: Task, *, updates: int, batch: int, rate: float, seed: int
) -> None:
    """Train on sequences drawn afresh for every update: Adam, cosine decay, clipped gradients."""
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(model.parameters(), lr=rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, updates)
    for _ in range(updates):
        drawn = task(generator, batch)
        optimiser.zero_grad()
        F.binary_cross_entropy_with_logits(model(drawn), drawn.labels).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()


@torch.no_grad()
def count_right(model: Callable[[Batch], Tensor], task: Task, *, tests: int, seed: int) -> int:
    """Return how many of ``tests`` unseen sequences the sign of the logit gets right."""
    generator = torch.Generator().manual_seed(seed)
    right = 0
    for start in range(0, tests, EVALUATION_BATCH):
        drawn = task(generator, min(EVALUATION_BATCH, tests - start))
        right += int(((model(drawn) > 0) == (drawn.labels > 0.5)).sum())
    return right
