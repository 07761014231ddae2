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
from .saliency import SHOWN, Look
from .timescales import Timescales
from .trace import Trace

DIVERGING, RISING = "PuOr", "cividis"
INK, ACCENT = "#1f4e8c", "#b3341b"
FOLLOWED = ("target_bearing_rad", "target_m", "obstacle_m", "speed_forward_m_s")
"""Facts beside the neurons of a flight, of those that it has."""


def picture(figure: Figure) -> str:
    """Return a figure as the source of an ``img``."""
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=110)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def axes(width: float, height: float, rows: int = 1, columns: int = 1) -> tuple[Figure, Any]:
    """Return a figure and its (rows, columns) axes."""
    figure = Figure((width, height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False)


def strips(looks: Sequence[Look]) -> str:
    """Return pictures with the map of where their command comes from."""
    count = min(SHOWN, len(looks))
    figure, table = axes(2.1 * count, 3.0, 2, count)
    for column, one in zip(table.T, looks, strict=False):
        height, width = one.image.shape[:2]
        column[0].imshow(one.image)
        column[1].imshow(one.map, cmap=RISING, extent=(0, width, height, 0))
        if one.wanted.any() and not one.wanted.all():
            side = width / one.wanted.shape[1]
            x = (np.arange(one.wanted.shape[1]) + 0.5) * side
            y = (np.arange(one.wanted.shape[0]) + 0.5) * side
            column[1].contour(x, y, one.wanted, [0.5], colors="white", linewidths=1.0)
        column[1].set_title(f"{100 * one.share:.0f} %", fontsize=8)
        for axis in column:
            axis.set_axis_off()
    return picture(figure)


def responses(names: Sequence[str], facts: Sequence[str], table: NDArray[np.float64]) -> str:
    """Return the rank correlation of every neuron with every fact."""
    order = np.lexsort((-np.abs(table).max(axis=1), np.abs(table).argmax(axis=1)))
    figure, ((axis,),) = axes(10, 3.6)
    shown = axis.imshow(table[order].T, cmap=DIVERGING, vmin=-1, vmax=1, aspect="auto")
    axis.set_yticks(range(len(facts)), facts, fontsize=8)
    labels = [names[i] for i in order]
    axis.set_xticks(range(len(labels)), labels, rotation=90, fontsize=6)
    figure.colorbar(shown, ax=axis, label="rank correlation")
    return picture(figure)


def flight(  # noqa: PLR0917 - what is shown of one flight
    trace: Trace,
    lived: Lived,
    names: Sequence[str],
    fields: Sequence[str],
    states: NDArray[np.floating],
    order: NDArray[np.intp],
    found: Dynamics | None,
) -> str:
    """Return one flight: what was true, what was commanded, every neuron, the state's motion."""
    seconds = np.cumsum(trace.dt_s)
    figure = Figure((10, 7.5), layout="constrained")
    facts, said, neurons, motion = figure.subplots(4, 1, height_ratios=(1, 1, 2.6, 0.9))
    styles = ("-", "--", ":", "-.")
    colours = mpl.colormaps[RISING](np.linspace(0.0, 0.85, 4))
    for name, style, colour in zip(
        [name for name in FOLLOWED if name in trace.facts], styles, colours, strict=False
    ):
        facts.plot(seconds, trace.facts[name], style, color=colour, label=name)
    for i, (name, command) in enumerate(zip(fields, lived.commands.T, strict=True)):
        said.plot(seconds, command, styles[i % 4], color=colours[i % 4], label=name)
    states = states[:, order]
    top = max(float(np.percentile(np.abs(states), 99)), 1e-6)
    neurons.imshow(
        states.T,
        cmap=DIVERGING,
        vmin=-top,
        vmax=top,
        aspect="auto",
        interpolation="nearest",
        extent=(0.0, float(seconds[-1]), len(order), 0.0),
    )
    size = 4 if len(order) > 32 else 6
    if len(order) <= 100:
        neurons.set_yticks(np.arange(len(order)) + 0.5, [names[i] for i in order], fontsize=size)
    pace = np.linalg.norm(np.diff(lived.states, axis=0), axis=1) / trace.dt_s
    motion.plot(seconds, pace, color=INK)
    if found is not None:
        beside = motion.twinx()
        gain = found.along
        beside.plot(seconds[: len(gain)], gain, "--", color=ACCENT)
        beside.axhline(1.0, color="#999", lw=0.5)
        beside.set_ylabel("largest gain of a step", color=ACCENT, fontsize=8)
    for axis, label in ((facts, "true"), (said, "commanded"), (motion, "pace of the state")):
        axis.set(xlim=(0, seconds[-1]), ylabel=label)
    for axis in (facts, said):
        axis.legend(fontsize=7, loc="center left", bbox_to_anchor=(1.0, 0.5))
    neurons.set_ylabel("neurons")
    motion.set_xlabel("seconds")
    return picture(figure)


def spectrum(shares: NDArray[np.float64]) -> str:
    """Return the share of the state's variance in its first components."""
    figure, ((axis,),) = axes(5, 2.6)
    first = shares[:12]
    axis.bar(range(1, len(first) + 1), 100 * first, color=INK)
    axis.plot(range(1, len(first) + 1), 100 * first.cumsum(), color=ACCENT, marker="o")
    axis.set(xlabel="component", ylabel="% of variance", ylim=(0, 105))
    return picture(figure)


def spread(table: NDArray[np.float64], label: str) -> str:
    """Return median and middle 80 % of (moments, things) times in seconds, longest first."""
    table = table[:, np.argsort(-np.median(table, axis=0))]
    figure, ((axis,),) = axes(5, 2.6)
    low, middle, high = np.percentile(table, (10, 50, 90), axis=0)
    things = np.arange(1, len(middle) + 1)
    axis.vlines(things, low, high, color=INK, alpha=0.35, lw=2)
    axis.plot(things, middle, "o", color=INK, ms=2.5)
    axis.set(yscale="log", xlabel=label, ylabel="seconds")
    return picture(figure)


def memory(found: Dynamics) -> str:
    """Return the time constants of the state's modes."""
    return spread(found.memory_s, "mode, slowest first")


def timescales(found: Timescales) -> str:
    """Return the effective time constants of the neurons."""
    return spread(found.seconds, "neuron, slowest first")


def portraits(
    flights: Sequence[NDArray[np.floating]], traces: Sequence[Trace], facts: Sequence[str]
) -> str:
    """Return the flights in the plane of the neurons' first two components, coloured by facts."""
    states = np.concatenate(flights)
    middle = states.mean(axis=0)
    _, _, axes_of = np.linalg.svd(states - middle, full_matrices=False)
    figure, (row,) = axes(5 * len(facts), 3.4, 1, len(facts))
    for axis, fact in zip(row, facts, strict=True):
        values = np.concatenate([one.facts[fact] for one in traces])
        low, high = np.percentile(values, (2, 98))
        for one, trace in zip(flights, traces, strict=True):
            x, y = ((one - middle) @ axes_of[:2].T).T
            axis.plot(x, y, color="#bbb", lw=0.5, zorder=1)
            shown = axis.scatter(x, y, c=trace.facts[fact], s=5, cmap=RISING, vmin=low, vmax=high)
        axis.set(xlabel="first component", ylabel="second")
        figure.colorbar(shown, ax=axis, label=fact)
    return picture(figure)


def parts(names: Sequence[str], fields: Sequence[str], shares: NDArray[np.float64]) -> str:
    """Return the mean size of what each number adds to each field, largest first.

    Args:
        names: of the numbers.
        fields: of the command.
        shares: (fields, numbers) of the fields' scales.
    """
    order = np.argsort(-shares.sum(axis=0))[:24]
    figure, ((axis,),) = axes(10, 2.8)
    floor = np.zeros(len(order))
    colours = mpl.colormaps[RISING](np.linspace(0.05, 0.95, len(fields)))
    for field, share, colour in zip(fields, shares, colours, strict=True):
        axis.bar(range(len(order)), share[order], bottom=floor, label=field, color=colour)
        floor += share[order]
    axis.set_xticks(range(len(order)), [names[i] for i in order], rotation=90, fontsize=8)
    axis.set_ylabel("mean size of its part,\nshare of the field's scale")
    axis.legend(fontsize=8)
    return picture(figure)
