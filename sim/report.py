"""Pictures of flights, of whatever task."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

from liquid_control.contract import NANOSECONDS, Image

from .flight import Flight

STRIP = 6
MARGIN_M = 2.5
BLUE, GOLD, GREEN = "#1f4e8c", "#e0a100", "#3a7d44"


def draw_flight(
    flight: Flight, fields: Sequence[str], seen: Sequence[tuple[float, Image]], path: Path
) -> None:
    """Draw the path from above, a strip of camera images and the commands over time.

    Args:
        flight: what is drawn.
        fields: names of the command's values, with units.
        seen: times in seconds, and what the camera saw then; may be empty.
        path: of the PNG.
    """
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure = plt.figure(figsize=(11, 6.2 if seen else 4.6), layout="constrained")
    rows = 2 if seen else 1
    grid = figure.add_gridspec(rows, STRIP, height_ratios=[2.6, 1][:rows])
    _draw_above(figure.add_subplot(grid[0, : STRIP // 2]), flight)
    _draw_commands(figure.add_subplot(grid[0, STRIP // 2 :]), flight, fields)
    chosen: Any = np.linspace(0, len(seen) - 1, STRIP).astype(int) if seen else []
    for column, k in enumerate(chosen):
        time_s, image = seen[k]
        picture = figure.add_subplot(grid[1, column])
        picture.imshow(image)
        picture.set_title(f"{time_s:.1f} s", fontsize=9)
        picture.axis("off")
    figure.savefig(path, dpi=100)
    plt.close(figure)


def _draw_above(axes: Any, flight: Flight) -> None:
    """Draw path, obstacles and the task's markers; its target as a star."""
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Circle

    circles = [Circle((x, y), max(radius, 0.1)) for x, y, radius in flight.obstacles_m.tolist()]
    axes.add_collection(PatchCollection(circles, color=GREEN, alpha=0.7))
    x, y = flight.positions_m[:, 0], flight.positions_m[:, 1]
    axes.plot(x, y, c=BLUE, lw=2, label="path")
    axes.plot(x[:1], y[:1], "o", c=BLUE, label="start")
    for name, (east, north) in flight.markers.items():
        if name == flight.layout.target:
            axes.plot(east, north, "*", c=GOLD, ms=15, label=f"{name}, the target")
        else:
            axes.plot(east, north, "s", c="0.35", ms=6, label=name)
    where = np.array([*zip(x, y, strict=True), *flight.markers.values()]).reshape(-1, 2)
    if len(where):
        axes.set_xlim(where[:, 0].min() - MARGIN_M, where[:, 0].max() + MARGIN_M)
        axes.set_ylim(where[:, 1].min() - MARGIN_M, where[:, 1].max() + MARGIN_M)
    axes.set_aspect("equal", "box")
    axes.set(xlabel="east, m", ylabel="north, m")
    verdict = flight.verdict
    touched = f" with {verdict.touched}" if verdict.touched else ""
    axes.set_title(
        f"seed {flight.seed}: {verdict.outcome.value}{touched} at {verdict.time_s:.1f} s"
    )
    axes.legend(loc="best", fontsize=8)


def _draw_commands(axes: Any, flight: Flight, fields: Sequence[str]) -> None:
    times_s = flight.stamps_ns / NANOSECONDS
    for i, name in enumerate(fields):
        axes.plot(times_s, flight.commands[:, i], label=name)
    axes.set(xlabel="time, s", title="commands")
    axes.grid(alpha=0.3)
    axes.legend(loc="best", fontsize=8)
