"""Ways to map where in a picture an answer comes from; each takes the answer and one picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

CELL = 4
"""Pixels along each side of a cell of a map, as of the labels."""
COPIES, NOISE = 8, 6.0
"""Pictures whose gradients are averaged, and their noise in grey levels (arXiv:1706.03825)."""
POINTS = 16
"""On the way from the blurred picture to the picture (arXiv:1703.01365)."""
HIDDEN, STRIDE = 3, 2
"""Cells along each side of what is hidden at once, and from one to the next (arXiv:1311.2901)."""
BLUR = 19
"""Pixels along each side over which what is hidden is averaged."""

Reply = Callable[[Tensor], Tensor]
"""Maps (pictures, height, width, 3) float of 0 to 255 to (pictures, fields) shares of scale."""
Map = NDArray[np.float64]
"""(rows, columns) of cells, none below 0, summing to 1."""


@torch.no_grad()
def occlusion(reply: Reply, image: NDArray[np.uint8]) -> Map:
    """Hide squares by their blurred surroundings: bright where that changes the answer most."""
    picture, blurred = _pictures(image)
    rows, columns = (side // CELL for side in image.shape[:2])
    corners = [
        (y, x)
        for y in range(-1, rows - HIDDEN + 2, STRIDE)
        for x in range(-1, columns - HIDDEN + 2, STRIDE)
    ]
    hidden = picture.repeat(len(corners), 1, 1, 1)
    for one, (y, x) in zip(hidden, corners, strict=True):
        at = _square(y, x, CELL)
        one[at] = blurred[at]
    change = (reply(hidden) - reply(picture[None])).abs().sum(1).numpy()
    total, times = np.zeros((rows, columns)), np.zeros((rows, columns))
    for amount, (y, x) in zip(change, corners, strict=True):
        total[_square(y, x)] += amount
        times[_square(y, x)] += 1
    return _shares(total / np.maximum(times, 1))


def integrated(reply: Reply, image: NDArray[np.uint8]) -> Map:
    """Add up gradients on the way from the blurred picture, times what is different there."""
    picture, blurred = _pictures(image)
    on_way = ((torch.arange(POINTS) + 0.5) / POINTS).view(-1, 1, 1, 1)
    pictures = (blurred + on_way * (picture - blurred)).requires_grad_()
    total = np.zeros(tuple(side // CELL for side in image.shape[:2]))
    for answer in reply(pictures).T:
        (slope,) = torch.autograd.grad(answer.sum(), pictures, retain_graph=True)
        total += np.abs(_cells((slope.mean(0) * (picture - blurred)).sum(2)))
    return _shares(total)


def gradient(reply: Reply, image: NDArray[np.uint8]) -> Map:
    """Average the gradient of the answer's size over pictures with noise."""
    noise = np.random.default_rng(0).normal(0, NOISE, (COPIES, *image.shape))
    pictures = (torch.from_numpy(image) + torch.from_numpy(noise).float()).requires_grad_()
    (slope,) = torch.autograd.grad(reply(pictures).square().sum(), pictures)
    return _shares(_cells(slope.abs().sum(dim=(0, 3))))


METHODS: dict[str, Callable[[Reply, NDArray[np.uint8]], Map]] = {
    "occlusion": occlusion,
    "integrated gradients": integrated,
    "gradient": gradient,
}


@torch.no_grad()
def without(reply: Reply, image: NDArray[np.uint8], cells: NDArray[np.bool_]) -> float:
    """Return by how much the answer changes when some cells are hidden, mean over fields."""
    picture, blurred = _pictures(image)
    gone = torch.from_numpy(np.kron(cells, np.ones((CELL, CELL), bool)))[..., None]
    there, less = reply(torch.stack([picture, torch.where(gone, blurred, picture)]))
    return float((less - there).abs().mean())


def _pictures(image: NDArray[np.uint8]) -> tuple[Tensor, Tensor]:
    picture = torch.from_numpy(image).float()
    around = F.pad(picture.permute(2, 0, 1)[None], [BLUR // 2] * 4, mode="reflect")
    blurred = F.avg_pool2d(around, BLUR, 1)[0].permute(1, 2, 0)
    return picture, blurred.round()


def _square(y: int, x: int, side: int = 1) -> tuple[slice, slice]:
    """Return where a hidden square lies, in units of ``side`` a cell."""
    return (
        slice(max(y, 0) * side, (y + HIDDEN) * side),
        slice(max(x, 0) * side, (x + HIDDEN) * side),
    )


def _cells(pixels: Tensor) -> NDArray[np.float64]:
    """Return the sums over the cells of (height, width) pixels."""
    blocks = pixels.unflatten(0, (-1, CELL)).unflatten(2, (-1, CELL))
    return blocks.sum(dim=(1, 3)).detach().numpy().astype(float)


def _shares(table: NDArray[np.float64]) -> Map:
    return table / max(float(table.sum()), 1e-12)
