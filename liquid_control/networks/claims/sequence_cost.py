"""What does one more step cost after a million: memory and time against sequence length.

A cell here streams with a state of fixed length, the transformer too, whose window is bounded.
The claim of the field is against attention over the whole past, whose cache and step grow with
it; ``unbounded attention`` is one such layer, without the rest of a transformer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor

from ..cells import Cell, free_parameters
from .results import Row, Spread
from .training import VARIANTS, build

QUESTION = "Do memory and time of a step grow with the length of the sequence?"

UNBOUNDED = "unbounded attention"
CASES = (*VARIANTS, UNBOUNDED)
WARM_UP = 20


@dataclass(frozen=True)
class Settings:
    """Sizes; batch 1, eager torch, float32.

    A cell's state is brought to a length by really running all steps before it, in blocks of its
    scan. ``budget_s`` of processor time ends that for slow cells: lengths beyond are not reported.
    """

    lengths: tuple[int, ...] = (100, 1000, 10_000, 100_000, 1_000_000)
    block: int = 500
    budget_s: float = 5.0
    repeats: int = 60
    inputs: int = 4
    parameters: int = 3000
    width: int = 32
    heads: int = 4
    seed: int = 0


FULL = Settings()
SMALL = Settings(
    lengths=(10, 1000, 20_000), block=10, budget_s=0.3, repeats=10, parameters=300, width=16
)


def measure(case: str, settings: Settings) -> Row:
    """Measure bytes kept and the time of one step at each length that is reached."""
    torch.manual_seed(settings.seed)
    if case == UNBOUNDED:
        return _unbounded(settings)
    cell = build(case, settings.inputs, settings.parameters, settings.seed).cell
    x, dt = torch.randn(1, settings.inputs), torch.ones(1, 1)
    state, done = cell.initial_state(1), 0
    deadline = time.process_time() + settings.budget_s
    found: dict[int, tuple[int, Spread]] = {}
    for length in settings.lengths:
        state, done = _advance(cell, state, done, length, settings, deadline)
        if done < length:
            break
        taken = _time(partial(cell.step, x, state, dt), settings.repeats)
        found[length] = (state.nbytes, taken)
    return _row(settings, found, free_parameters(cell), steps_run=done)


def _unbounded(settings: Settings) -> Row:
    """Measure a layer of causal attention; its cache is filled at once, no step before is run."""
    layer = torch.nn.Linear(settings.width, 4 * settings.width)
    x = torch.randn(1, settings.width)
    found = {}
    for length in settings.lengths:
        cache = torch.randn(2, settings.heads, length, settings.width // settings.heads)
        taken = _time(partial(attend, x, cache, layer), settings.repeats)
        found[length] = (cache.nbytes, taken)
    return _row(settings, found, free_parameters(layer), steps_run=0)


def attend(x: Tensor, cache: Tensor, layer: torch.nn.Linear) -> Tensor:
    """Write one step over the last place of a full cache and attend to all of it.

    Args:
        x: (1, width) input of the step.
        cache: (2, heads, length, width / heads) keys and values, changed in place.
        layer: (width to 4 * width), gives query, key and value and mixes the heads.

    Returns:
        (1, width) output.
    """
    into, out = layer.weight[: 3 * x.shape[1]], layer.weight[3 * x.shape[1] :]
    query, key, value = F.linear(x, into).view(3, cache.shape[1], 1, -1)
    cache[0, :, -1:], cache[1, :, -1:] = key, value
    mixed = F.scaled_dot_product_attention(query[None], cache[:1], cache[1:])
    return F.linear(mixed.reshape(1, -1), out)


@torch.no_grad()
def _advance(  # noqa: PLR0917
    cell: Cell, state: Tensor, done: int, length: int, settings: Settings, deadline: float
) -> tuple[Tensor, int]:
    """Run a cell on to ``length`` steps, or until the deadline in processor time."""
    while done < length and time.process_time() < deadline:
        steps = min(settings.block, length - done)
        xs = torch.randn(1, steps, settings.inputs)
        _, state = cell.scan(xs, state, torch.ones(1, steps, 1))
        done += steps
    return state, done


@torch.no_grad()
def _time(action: Callable[[], object], repeats: int) -> Spread:
    """Return the microseconds of one call."""
    samples = []
    for repeat in range(WARM_UP + repeats):
        start = time.perf_counter()
        action()
        if repeat >= WARM_UP:
            samples.append(1e6 * (time.perf_counter() - start))
    return Spread.most(samples)


def _row(
    settings: Settings, found: dict[int, tuple[int, Spread]], parameters: int, steps_run: int
) -> Row:
    row: Row = {"parameters": parameters, "steps run": steps_run}
    sizes = [size for size, _ in found.values()]
    row["bytes kept"] = sizes[0]
    row["bytes kept, longest"] = sizes[-1]
    for length in settings.lengths:
        row[f"us a step at {length:,}"] = found[length][1] if length in found else None
    medians = [spread.median for _, spread in found.values()]
    row["longest vs shortest"] = medians[-1] / medians[0] if len(medians) > 1 else None
    return row
