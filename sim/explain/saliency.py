"""Where in the picture a command comes from, and whether that can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter
from skimage.metrics import structural_similarity
from torch import Tensor

from liquid_control.networks.policy import PolicyNetwork

from .mind import Lived, command_of, relative
from .trace import Trace

CELL = 4
"""Pixels along each side of a cell of the labels."""
COPIES, NOISE = 8, 6.0
"""Pictures whose gradients are averaged, and their noise in grey levels (arXiv:1706.03825)."""
LEAST_CELLS = 2
"""Of the ordered thing, for a picture to be asked about."""


@dataclass(frozen=True)
class Look:
    """One picture and where its command comes from.

    Attributes:
        image: (height, width, 3) uint8.
        map: (rows, columns) of cells, summing to 1.
        wanted: (rows, columns) bool: the ordered thing with a cell around it, and the columns of
            the nearest obstacle.
    """

    image: NDArray[np.uint8]
    map: NDArray[np.float64]
    wanted: NDArray[np.bool_]


@dataclass(frozen=True)
class Saliency:
    """What the maps of many pictures say.

    Attributes:
        looks: some of them.
        on_target: mean share of a map on what is wanted,
        area: and the share of the picture that this is, which a map of no sense would have.
        untrained: the same share of a network of random weights.
        stable: mean structural similarity of a picture's map to that of the picture with noise.
        count: pictures that were asked about.
    """

    looks: list[Look]
    on_target: float
    area: float
    untrained: float
    stable: float
    count: int


def look(
    network: PolicyNetwork,
    traces: Sequence[Trace],
    lived: Sequence[Lived],
    count: int,
    rng: Generator,
) -> Saliency | None:
    """Return the saliency of pictures that show what was ordered; None if there is none."""
    name = next((n for n, i in network.card.inputs.items() if i.kind == "image"), None)
    moments = [
        (flight, i)
        for flight, one in enumerate(traces)
        if one.target is not None
        for i in np.flatnonzero(one.target.sum(axis=(1, 2)) >= LEAST_CELLS).tolist()
    ]
    if name is None or not moments:
        return None
    chosen = [moments[i] for i in rng.permutation(len(moments))[:count].tolist()]
    random = _untrained(network)
    looks, shares, areas, others, stable = [], [], [], [], []
    for flight, i in chosen:
        one, life = traces[flight], lived[flight]
        image = one.inputs[name][i]
        wanted = _wanted(one, i)
        found = _map(network, name, one, life, i, image, rng)
        noisy = np.clip(image + rng.normal(0, NOISE, image.shape), 0, 255).astype(np.uint8)
        again = _map(network, name, one, life, i, noisy, rng)
        other = _map(random, name, one, life, i, image, rng)
        shares.append(float(found[wanted].sum()))
        others.append(float(other[wanted].sum()))
        areas.append(float(wanted.mean()))
        top = max(found.max(), again.max())
        stable.append(float(structural_similarity(found, again, data_range=top, win_size=5)))
        looks.append(Look(image, found, wanted))
    on, there, untrained, same = (float(np.mean(v)) for v in (shares, areas, others, stable))
    return Saliency(looks[:12], on, there, untrained, same, len(chosen))


def _wanted(one: Trace, i: int) -> NDArray[np.bool_]:
    assert one.target is not None and one.nearest is not None
    return np.asarray(maximum_filter(one.target[i], size=3) | one.nearest[i][None, :], bool)


def _map(  # noqa: PLR0917 - one picture of one moment
    network: PolicyNetwork,
    name: str,
    one: Trace,
    life: Lived,
    i: int,
    image: NDArray[np.uint8],
    rng: Generator,
) -> NDArray[np.float64]:
    """Return the gradient of the command's size by cell, averaged over pictures with noise."""
    noise = rng.normal(0, NOISE, (COPIES, *image.shape)).astype(np.float32)
    pictures = torch.from_numpy(image[None] + noise).requires_grad_()
    values: dict[str, Tensor] = {
        key: torch.from_numpy(v[i])[None].expand(COPIES, *v[i].shape)
        for key, v in one.inputs.items()
    }
    values[name] = pictures
    features = network.look({key: v[:, None] for key, v in values.items()})[:, 0]
    hidden = torch.from_numpy(life.states[i])[None].expand(COPIES, -1)
    dt = relative(network, one)[i].expand(COPIES, 1)
    y, _ = network.cell.step(features, hidden, dt)
    moved = command_of(network, y) - network.command_rest
    scale = torch.where(network.command_scale > 0, network.command_scale, torch.ones(1))
    (gradient,) = torch.autograd.grad((moved / scale).square().sum(), pictures)
    strength = gradient.abs().sum(dim=(0, 3))
    cells = strength.unflatten(0, (-1, CELL)).unflatten(2, (-1, CELL)).sum(dim=(1, 3))
    return (cells / cells.sum().clamp(min=1e-12)).numpy().astype(float)


def _untrained(network: PolicyNetwork) -> PolicyNetwork:
    """Return the same network before any training, the control of arXiv:1810.03292."""
    torch.manual_seed(0)
    return PolicyNetwork(network.config, network.card).eval()
