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

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ...networks.cells import free_parameters
from ...networks.export_step import load_step
from ...policy.step_graph import StepGraph
from ._results import Row, Spread
from ._training import VARIANTS, build

QUESTION = "Do memory and time of a step grow with the length of the sequence?"

UNBOUNDED = "unbounded attention"
CASES = (*VARIANTS, UNBOUNDED)
WARM_UP = 20


@dataclass(frozen=True)
class Settings:
    """Sizes; batch 1, float32, cells in ONNX Runtime as they fly, the attention in eager torch.

    Every step of a cell is run, to the greatest of ``lengths``, which ascend; the figure of a
    length is that of the ``repeats`` steps that end there. The attention's cache is filled at
    once, since filling it step by step would take the square of the length.
    """

    lengths: tuple[int, ...] = (100, 1000, 10_000, 100_000, 1_000_000)
    repeats: int = 60
    inputs: int = 4
    parameters: int = 3000
    width: int = 32
    heads: int = 4
    seed: int = 0


FULL = Settings()
SMALL = Settings(lengths=(20, 200, 2000), repeats=10, parameters=300, width=16)


def measure(case: str, settings: Settings) -> Row:
    """Measure bytes kept and the time of one step at each length."""
    torch.manual_seed(settings.seed)
    if case == UNBOUNDED:
        return _unbounded(settings)
    cell = build(case, settings.inputs, settings.parameters, settings.seed).cell
    graph = load_step(cell)
    taken = _stream(graph, settings)
    row = _row(settings, [graph.inputs["state"].nbytes] * len(taken), taken, cell)
    row["steps run"] = settings.lengths[-1]
    row["finite"] = "yes" if np.isfinite(graph.inputs["state"]).all() else "no"
    return row


def _stream(graph: StepGraph, settings: Settings) -> list[Spread]:
    """Run all steps; return the microseconds of a step at each length."""
    graph.inputs["dt"][:] = 1.0
    x, state, next_state = graph.inputs["x"], graph.inputs["state"], graph.outputs["next_state"]
    xs = np.random.default_rng(settings.seed).standard_normal((1009, *x.shape), np.float32)
    found, done = [], 0
    for length in settings.lengths:
        samples = np.empty(length - done)
        for step in range(done, length):
            start = time.perf_counter()
            x[:] = xs[step % len(xs)]
            graph.run()
            state[:] = next_state
            samples[step - done] = 1e6 * (time.perf_counter() - start)
        done = length
        found.append(Spread.most(samples[-settings.repeats :].tolist()))
    return found


def _unbounded(settings: Settings) -> Row:
    """Measure a layer of causal attention; no step before the last is run."""
    layer = torch.nn.Linear(settings.width, 4 * settings.width)
    x = torch.randn(1, settings.width)
    sizes, taken = [], []
    for length in settings.lengths:
        cache = torch.randn(2, settings.heads, length, settings.width // settings.heads)
        sizes.append(cache.nbytes)
        taken.append(_time(partial(attend, x, cache, layer), settings.repeats))
    return _row(settings, sizes, taken, layer) | {"steps run": 0}


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
    settings: Settings, sizes: list[int], taken: list[Spread], module: torch.nn.Module
) -> Row:
    row: Row = {
        "parameters": free_parameters(module),
        "bytes kept": sizes[0],
        "bytes kept, longest": sizes[-1],
    }
    for length, spread in zip(settings.lengths, taken, strict=True):
        row[f"us a step at {length:,}"] = spread
    row["longest vs shortest"] = taken[-1].median / taken[0].median
    return row
