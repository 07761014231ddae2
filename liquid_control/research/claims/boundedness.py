"""Whether states stay bounded, and how far back a gradient reaches.

The LTC paper (arXiv:2006.04439, theorems 1 and 2) bounds the state of an LTC for any input; a
CfC interpolates between two tanh (arXiv:2106.13898), which bounds it as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from ...networks.cells import Cell, free_parameters
from ...networks.cells.cfc import CfC
from ...networks.cells.gru import GRU
from ...networks.cells.ltc import LTC
from ...networks.cells.wired_cfc import WiredCfC
from ._results import Row, Spread
from ._training import VARIANTS, build

QUESTION = "Do states stay bounded for any input, and how far back does a gradient reach?"

CASES = tuple(VARIANTS)


@dataclass(frozen=True)
class Settings:
    """Sizes; networks are untrained, inputs are noise, irregular dt is 0.2 to 3 steps."""

    seeds: tuple[int, ...] = (0, 1, 2)
    steps: int = 1000
    distances: tuple[int, ...] = (1, 10, 100, 1000)
    inputs: int = 4
    parameters: int = 3000
    batch: int = 8
    decades: float = 6.0


FULL = Settings()
SMALL = Settings(seeds=(0,), steps=10, distances=(1, 10), parameters=300, batch=2)


def measure(case: str, settings: Settings) -> Row:
    """Run one cell over bounded and wild inputs and through its gradient, for each seed."""
    calm: list[float] = []
    wild: list[float] = []
    bounds, finite = [], True
    gradients: dict[int, list[float]] = {distance: [] for distance in settings.distances}
    for seed in settings.seeds:
        cell = build(case, settings.inputs, settings.parameters, seed).cell
        generator = torch.Generator().manual_seed(seed)
        shape = (settings.batch, settings.steps + 1)
        dts = 0.2 + 2.8 * torch.rand(*shape, 1, generator=generator)
        xs = 2 * torch.rand(*shape, settings.inputs, generator=generator) - 1
        size = 10 ** (settings.decades * torch.rand(*shape, 1, generator=generator))
        for inputs, largest in ((xs, calm), (size * xs, wild)):
            largest.append(largest_state(cell, inputs, dts))
            finite = finite and largest[-1] < float("inf")
        bounds.append(state_bound(cell))
        norms = gradient_norms(cell, xs, dts)
        for distance, samples in gradients.items():
            samples.append(norms[distance])
    proven = [bound for bound in bounds if bound is not None]
    return {
        "parameters": free_parameters(cell),
        "largest state": Spread.full(calm),
        "largest state, wild inputs": Spread.full(wild),
        "bound": max(proven) if proven else None,
        "finite": "yes" if finite else "no",
        **{f"gradient {k} back": Spread.full(samples) for k, samples in gradients.items()},
    }


@torch.no_grad()
def largest_state(cell: Cell, xs: Tensor, dts: Tensor) -> float:
    """Return the largest absolute number in any state on the way; infinite if one is not finite.

    Inputs are (batch, time, input_size) and (batch, time, 1).
    """
    state = cell.initial_state(len(xs))
    largest = state.abs().amax()
    for t in range(xs.shape[1]):
        _, state = cell.step(xs[:, t], state, dts[:, t])
        largest = torch.maximum(largest, state.abs().amax())
    return float(largest.nan_to_num(nan=float("inf")))


@torch.no_grad()
def state_bound(cell: Cell) -> float | None:
    """Return what no number of the state can exceed, whatever the input; None if nothing is."""
    if isinstance(cell, CfC | WiredCfC | GRU):
        return 1.0
    if isinstance(cell, LTC):
        # A step is a weighted mean of v, vleak and the reversal potentials.
        reached = (cell.vleak, cell.erev * cell.mask, cell.sensory_erev * cell.sensory_mask)
        return max(float(potential.abs().amax()) for potential in reached)
    return None


def gradient_norms(cell: Cell, xs: Tensor, dts: Tensor) -> list[float]:
    """Return the gradient of a random mix of the last output by how far back its input lies.

    Args:
        cell: the cell.
        xs: (batch, time, input_size).
        dts: (batch, time, 1).

    Returns:
        Median norm over the batch, one for each distance 0 .. time - 1.
    """
    xs = xs.detach().requires_grad_()
    ys, _ = cell.scan(xs, cell.initial_state(len(xs)), dts)
    mix = torch.randn(cell.output_size, generator=torch.Generator().manual_seed(0))
    (gradient,) = torch.autograd.grad((ys[:, -1] @ (mix / mix.norm())).sum(), xs)
    norms: list[float] = gradient.norm(dim=2).median(dim=0).values.flip(0).tolist()
    return norms
