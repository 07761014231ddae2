"""Ways to map where in a picture an answer comes from; each takes the answer and one picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from liquid_control import saliency
from liquid_control.saliency import CELL, Map, shares

COPIES, NOISE = 8, 6.0
"""Pictures whose gradients are averaged, and their noise in grey levels (arXiv:1706.03825)."""
POINTS = 16
"""On the way from the blurred picture to the picture (arXiv:1703.01365)."""

Reply = Callable[[Tensor], Tensor]
"""Maps (pictures, height, width, 3) float of 0 to 255 to (pictures, fields) shares of scale."""


@torch.no_grad()
def occlusion(reply: Reply, image: NDArray[np.uint8]) -> Map:
    """Hide squares by their blurred surroundings: bright where that changes the answer most."""
    return saliency.occlusion(lambda some: reply(torch.from_numpy(some).float()).numpy(), image)


def integrated(reply: Reply, image: NDArray[np.uint8]) -> Map:
    """Add up gradients on the way from the blurred picture, times what is different there."""
    picture, blurred = _pictures(image)
    on_way = ((torch.arange(POINTS) + 0.5) / POINTS).view(-1, 1, 1, 1)
    pictures = (blurred + on_way * (picture - blurred)).requires_grad_()
    total = np.zeros(tuple(side // CELL for side in image.shape[:2]))
    for answer in reply(pictures).T:
        (slope,) = torch.autograd.grad(answer.sum(), pictures, retain_graph=True)
        total += np.abs(_cells((slope.mean(0) * (picture - blurred)).sum(2)))
    return shares(total)


def gradient(reply: Reply, image: NDArray[np.uint8]) -> Map:
    """Average the gradient of the answer's size over pictures with noise."""
    noise = np.random.default_rng(0).normal(0, NOISE, (COPIES, *image.shape))
    pictures = (torch.from_numpy(image) + torch.from_numpy(noise).float()).requires_grad_()
    (slope,) = torch.autograd.grad(reply(pictures).square().sum(), pictures)
    return shares(_cells(slope.abs().sum(dim=(0, 3))))


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
    return torch.from_numpy(image).float(), torch.from_numpy(saliency.blurred(image)).float()


def _cells(pixels: Tensor) -> NDArray[np.float64]:
    """Return the sums over the cells of (height, width) pixels."""
    blocks = pixels.unflatten(0, (-1, CELL)).unflatten(2, (-1, CELL))
    return blocks.sum(dim=(1, 3)).detach().numpy().astype(float)
