"""The wiring as a picture: layers and synapses of a wired cell, a heat map of a dense one."""

from __future__ import annotations

import numpy as np
from matplotlib import colormaps
from matplotlib.collections import LineCollection
from numpy.typing import NDArray

from liquid_control.reasons import Readout

from .circuit import Circuit
from .figures import DIVERGING, axes, picture

SYNAPSES = 160
"""The strongest, of all; more than that nobody can follow."""


def wiring(found: Circuit, readout: Readout, fields: list[str], order: NDArray[np.intp]) -> str:
    """Return who moves whom."""
    if found.columns:
        return _layers(found, readout, fields)
    return _heat(found, order)


def _layers(found: Circuit, readout: Readout, fields: list[str]) -> str:
    """Draw inputs, layers and command fields as columns; width is strength, colour is sign."""
    places = {name: (0.0, y) for name, y in _column(found.features)}
    for layer, members in enumerate(found.columns.values(), 1):
        column = [found.neurons[i] for i in members]
        places |= {name: (float(layer), y) for name, y in _column(column)}
    places |= {name: (len(found.columns) + 1.0, y) for name, y in _column(fields)}
    edges = list(_synapses(found)) + list(_said(found, readout, fields))
    edges = sorted(edges, key=lambda edge: abs(edge[2]))[-SYNAPSES:]
    top = max((abs(strength) for *_, strength in edges), default=1.0)
    figure, ((axis,),) = axes(10, 7)
    weights = np.array([strength for *_, strength in edges]) / top
    axis.add_collection(
        LineCollection(
            [_bent(places[source], places[target]) for source, target, _ in edges],
            linewidths=0.3 + 3.5 * np.abs(weights),
            colors=colormaps[DIVERGING](0.5 + 0.5 * np.sign(weights) * np.abs(weights) ** 0.5),
        )
    )
    for name, (x, y) in places.items():
        axis.plot(x, y, "o", color="#333", ms=4, zorder=3)
        first = x == 0.0
        axis.text(x + (-0.04 if first else 0.04), y, name, fontsize=5, va="center")
        axis.texts[-1].set_ha("right" if first else "left")
    axis.set(xlim=(-0.6, len(found.columns) + 1.6), ylim=(-1.05, 0.08))
    for x, title in enumerate(("sensory", *found.columns, "says")):
        axis.text(x, 0.05, title, ha="center")
    axis.set_axis_off()
    return picture(figure)


def _column(names: list[str] | tuple[str, ...]) -> list[tuple[str, float]]:
    return [(name, -(i + 0.5) / len(names)) for i, name in enumerate(names)]


def _synapses(found: Circuit) -> list[tuple[str, str, float]]:
    sources = (*found.features, *found.neurons)
    return [
        (sources[i], found.neurons[j], float(found.strength[i, j]))
        for i, j in np.argwhere(found.strength != 0.0).tolist()
        if sources[i] != found.neurons[j]
    ]


def _said(found: Circuit, readout: Readout, fields: list[str]) -> list[tuple[str, str, float]]:
    """Return what the last layer reads, as strong as the strongest synapse at most."""
    known = [name for name in readout.names if name in found.neurons]
    if len(known) < len(readout.names):
        return []
    top = max(float(np.abs(readout.weight).max()), 1e-12)
    most = float(np.abs(found.strength).max())
    return [
        (name, field, float(readout.weight[i, j]) / top * most)
        for i, field in enumerate(fields)
        for j, name in enumerate(readout.names)
    ]


def _bent(start: tuple[float, float], end: tuple[float, float]) -> NDArray[np.float64]:
    """Return a line between columns, or a bow within one."""
    t = np.linspace(0.0, 1.0, 12)
    straight = np.outer(1 - t, start) + np.outer(t, end)
    if start[0] == end[0]:
        straight[:, 0] += 0.28 * np.sin(np.pi * t)
    return straight


def _heat(found: Circuit, order: NDArray[np.intp]) -> str:
    order = order if len(order) == len(found.neurons) else np.arange(len(found.neurons))
    inner = found.recurrent[np.ix_(order, order)].T
    given = found.strength[: len(found.features)][:, order].T
    names = [found.neurons[i] for i in order]
    figure, (row,) = axes(11, 5.4, 1, 2)
    for axis, matrix, sources in zip(row, (given, inner), (found.features, names), strict=True):
        top = max(float(np.percentile(np.abs(matrix), 99.5)), 1e-9) if matrix.size else 1.0
        shown = axis.imshow(matrix, cmap=DIVERGING, vmin=-top, vmax=top, aspect="auto")
        if len(sources) <= 80:
            axis.set_xticks(range(len(sources)), sources, rotation=90, fontsize=4.5)
        if len(names) <= 80:
            axis.set_yticks(range(len(names)), names, fontsize=4.5)
        figure.colorbar(shown, ax=axis, shrink=0.7)
    row[0].set(xlabel="from what it is given", ylabel="to a neuron")
    row[1].set_xlabel("from a neuron, a step before")
    return picture(figure)
