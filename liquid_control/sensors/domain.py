"""Whether a picture is like those of training: a few statistics with names, each in its range."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from ..contract import Domain, Image
from ..safety.faults import Fault, Problem

ROWS, COLUMNS = 4, 6
"""Cells of which flatness and brightness are taken."""
FLOOR = 0.03
"""Added before a logarithm, in grey levels: less is nothing at all."""
MARGIN = 0.15
"""How far beyond its range a statistic may be, as a share of the range's width."""


def statistics(image: Image) -> dict[str, float]:
    """Return what is judged of a picture, (height, width, 3) uint8 of at least 4 x 6 pixels.

    Logarithms are of grey levels plus ``FLOOR``: that a picture has no colour, or a part of it no
    texture, is then as far from little as little is from much.
    """
    height, width = image.shape[0] // ROWS * ROWS, image.shape[1] // COLUMNS * COLUMNS
    red, green, blue = (image[:height, :width, i].astype(np.float32) for i in range(3))
    grey = (red + green + blue) / 3
    colour = np.maximum(np.maximum(red, green), blue) - np.minimum(np.minimum(red, green), blue)
    cells = grey.reshape(ROWS, height // ROWS, COLUMNS, width // COLUMNS)
    means = cells.mean((1, 3))
    spreads = np.sqrt(np.maximum((cells * cells).mean((1, 3)) - means * means, 0.0))
    contrast = float(grey.std())
    edges = float(np.abs(grey[:, 1:] - grey[:, :-1]).mean())
    half = COLUMNS // 2
    return {
        "colour": _log(float(colour.mean())),
        "strongest colour": _log(float(colour.max())),
        "grain": _log(edges) - _log(contrast),
        "flattest part": _log(float(spreads.min())),
        "darkest part": _log(float(means.min())),
        "brightest part": _log(255.0 - float(means.max())),
        "brightness": float(means.mean()),
        "contrast": _log(contrast),
        "left against right": abs(float(means[:, :half].mean() - means[:, half:].mean())),
        "top against bottom": float(means[0].mean() - means[-1].mean()),
    }


def reference(pictures: Iterable[Mapping[str, float]], flights: int) -> Domain:
    """Return the range of each statistic over the pictures of some flights.

    Args:
        pictures: their statistics; at least one.
        flights: from how many they are, which is what the ranges rest on.
    """
    rows = list(pictures)
    names = rows[0]
    ranges = {n: (min(r[n] for r in rows), max(r[n] for r in rows)) for n in names}
    return Domain(ranges=ranges, margin=MARGIN, flights=flights, pictures=len(rows))


def foreign(image: NDArray[np.uint8], domain: Domain) -> Problem | None:
    """Return what makes a picture unlike those of training, the worst of it; None if nothing."""
    found = statistics(image)
    worst, excess = "", domain.margin
    for name, (low, high) in domain.ranges.items():
        if name not in found:  # of a later version
            continue
        beyond = max(low - found[name], found[name] - high) / max(high - low, FLOOR)
        if beyond > excess:
            worst, excess = name, beyond
    if not worst:
        return None
    low, high = domain.ranges[worst]
    detail = f"{worst} {found[worst]:.2f}, in training {low:.2f} to {high:.2f}"
    return Problem(Fault.OUT_OF_DOMAIN, detail)


def _log(level: float) -> float:
    return float(np.log(level + FLOOR))
