"""Where in a picture an answer comes from: hide it piece by piece and see what changes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

CELL = 4
"""Pixels along each side of a cell of a map."""
HIDDEN, STRIDE = 3, 2
"""Cells along each side of what is hidden at once, and from one to the next (arXiv:1311.2901)."""
BLUR = 19
"""Pixels along each side over which what is hidden is averaged."""

Picture = NDArray[np.uint8]
"""(height, width, 3); sides are multiples of ``CELL``, and of ``BLUR`` pixels at least."""
Map = NDArray[np.float64]
"""(rows, columns) of cells, none below 0, summing to 1, or all 0 where nothing matters."""
Reply = Callable[[Picture], NDArray[np.floating]]
"""Maps (pictures, height, width, 3) to (pictures, numbers) answers."""


def occlusion(reply: Reply, picture: Picture) -> Map:
    """Return a map, bright where hiding a square changes the answer most.

    What is hidden is replaced by its blurred surroundings.
    """
    rows, columns = (side // CELL for side in picture.shape[:2])
    around = blurred(picture)
    corners = [
        (y, x)
        for y in range(-1, rows - HIDDEN + 2, STRIDE)
        for x in range(-1, columns - HIDDEN + 2, STRIDE)
    ]
    hidden = np.repeat(picture[None], len(corners), axis=0)
    for one, (y, x) in zip(hidden, corners, strict=True):
        at = _square(y, x, CELL)
        one[at] = around[at]
    change = np.abs(reply(hidden) - reply(picture[None])).sum(axis=1)
    total, times = np.zeros((rows, columns)), np.zeros((rows, columns))
    for amount, (y, x) in zip(change.tolist(), corners, strict=True):
        total[_square(y, x)] += amount
        times[_square(y, x)] += 1
    return shares(total / np.maximum(times, 1))


def blurred(picture: Picture) -> Picture:
    """Return a picture of which every pixel is the mean of ``BLUR`` by ``BLUR`` around it."""
    half = BLUR // 2
    sums = np.pad(picture.astype(float), ((half, half), (half, half), (0, 0)), mode="reflect")
    for axis in (0, 1):
        total = np.cumsum(sums, axis=axis)
        total = np.insert(total, 0, 0.0, axis=axis)
        size = picture.shape[axis]
        ends, starts = (np.arange(size) + offset for offset in (BLUR, 0))
        sums = np.take(total, ends, axis) - np.take(total, starts, axis)
    return (sums / BLUR**2).round().astype(np.uint8)


def shares(table: Map) -> Map:
    """Return a table as shares of its sum."""
    return table / max(float(table.sum()), 1e-12)


def _square(y: int, x: int, side: int = 1) -> tuple[slice, slice]:
    """Return where a hidden square lies, in units of ``side`` a cell."""
    return (
        slice(max(y, 0) * side, (y + HIDDEN) * side),
        slice(max(x, 0) * side, (x + HIDDEN) * side),
    )
