"""The figures of the page, each a picture in it, in colours that the colour-blind tell apart."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from .mind import Lived
from .neurons import Dynamics
from .saliency import Saliency
from .trace import Trace

DIVERGING, RISING = "PuOr", "cividis"
INK, ACCENT = "#1f4e8c", "#b3341b"


def picture(figure: Figure) -> str:
    """Return a figure as the source of an ``img``."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110, bbox_inches="tight")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def _axes(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Figure, Any]:
    figure = Figure((width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def strips(saliency: Saliency) -> str:
    """Return pictures with the map of where their command comes from."""
    count = min(6, len(saliency.looks))
    figure, axes = _axes(2.1 * count, 3.0, 2, count)
    for column, one in zip(axes.T, saliency.looks, strict=False):
        height, width = one.image.shape[:2]
        whole = (0, width, height, 0)
        column[0].imshow(one.image)
        column[1].imshow(one.map, cmap=RISING, extent=whole)
        if one.wanted.any() and not one.wanted.all():
            side = width / one.wanted.shape[1]
            x = (np.arange(one.wanted.shape[1]) + 0.5) * side
            y = (np.arange(one.wanted.shape[0]) + 0.5) * side
            column[1].contour(x, y, one.wanted, [0.5], colors="white", linewidths=1.0)
        for axis in column:
            axis.set_axis_off()
    return picture(figure)


def responses(names: Sequence[str], facts: Sequence[str], table: NDArray[np.float64]) -> str:
    """Return the rank correlation of every neuron with every fact."""
    order = np.lexsort((-np.abs(table).max(axis=1), np.abs(table).argmax(axis=1)))
    figure, ((axis,),) = _axes(10, 3.6)
    shown = axis.imshow(table[order].T, cmap=DIVERGING, vmin=-1, vmax=1, aspect="auto")
    axis.set_yticks(range(len(facts)), facts, fontsize=8)
    labels = [names[i] for i in order]
    axis.set_xticks(range(len(labels)), labels, rotation=90, fontsize=6)
    figure.colorbar(shown, ax=axis, label="rank correlation")
    return picture(figure)


def spectrum(shares: NDArray[np.float64]) -> str:
    """Return the share of the state's variance in its first components."""
    figure, ((axis,),) = _axes(5, 2.6)
    first = shares[:12]
    axis.bar(range(1, len(first) + 1), 100 * first, color=INK)
    axis.plot(range(1, len(first) + 1), 100 * first.cumsum(), color=ACCENT, marker="o")
    axis.set(xlabel="component", ylabel="% of variance", ylim=(0, 105))
    return picture(figure)


def memory(found: Dynamics) -> str:
    """Return the time constants of the state."""
    figure, ((axis,),) = _axes(5, 2.6)
    middle = np.median(found.memory_s, axis=0)
    low, high = np.percentile(found.memory_s, (10, 90), axis=0)
    modes = np.arange(1, len(middle) + 1)
    axis.fill_between(modes, low, high, color=INK, alpha=0.25, lw=0)
    axis.plot(modes, middle, color=INK)
    axis.set(yscale="log", xlabel="mode, slowest first", ylabel="time constant, s")
    return picture(figure)


def portraits(lived: Sequence[Lived], traces: Sequence[Trace], fact: str) -> str:
    """Return the flights in the plane of the state's first two components, coloured by a fact."""
    states = np.concatenate([one.states[1:] for one in lived])
    middle = states.mean(axis=0)
    _, _, axes_of = np.linalg.svd(states - middle, full_matrices=False)
    figure, ((axis,),) = _axes(5, 3.4)
    values = np.concatenate([one.facts[fact] for one in traces])
    low, high = np.percentile(values, (2, 98))
    for one, flight in zip(lived, traces, strict=True):
        x, y = ((one.states[1:] - middle) @ axes_of[:2].T).T
        axis.plot(x, y, color="#bbb", lw=0.5, zorder=1)
        shown = axis.scatter(x, y, c=flight.facts[fact], s=5, cmap=RISING, vmin=low, vmax=high)
    axis.set(xlabel="first component", ylabel="second")
    figure.colorbar(shown, ax=axis, label=fact)
    return picture(figure)


def parts(names: Sequence[str], fields: Sequence[str], shares: NDArray[np.float64]) -> str:
    """Return the mean size of what each neuron adds to each field."""
    order = np.argsort(-shares.sum(axis=0))[:24]
    figure, ((axis,),) = _axes(10, 2.8)
    floor = np.zeros(len(order))
    colours = mpl.colormaps[RISING](np.linspace(0.05, 0.95, len(fields)))
    for field, share, colour in zip(fields, shares, colours, strict=True):
        axis.bar(range(len(order)), share[order], bottom=floor, label=field, color=colour)
        floor += share[order]
    axis.set_xticks(range(len(order)), [names[i] for i in order], rotation=90, fontsize=8)
    axis.set_ylabel("mean size of its part,\nshare of the field's scale")
    axis.legend(fontsize=8)
    return picture(figure)


def wiring(matrix: NDArray[np.float64], names: Sequence[str]) -> str:
    """Return which neuron excites or inhibits which: the mean Jacobian of a step."""
    figure, ((axis,),) = _axes(5.4, 4.6)
    top = np.percentile(np.abs(matrix), 99.5)
    shown = axis.imshow(matrix, cmap=DIVERGING, vmin=-top, vmax=top)
    axis.set(xlabel="from, this step", ylabel="to, next step")
    if len(names) <= 40:
        axis.set_xticks(range(len(names)), names, rotation=90, fontsize=6)
        axis.set_yticks(range(len(names)), names, fontsize=6)
    figure.colorbar(shown, ax=axis, label="change of one by the other")
    return picture(figure)
