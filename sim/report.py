"""Pictures of flights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np

from liquid_control.contract import NANOSECONDS, Image

from .flight import Flight

STRIP = 6
LABELS = ("forward m/s", "left m/s", "up m/s", "yaw rate rad/s")


def draw_flight(flight: Flight, onboard: Sequence[Image], path: Path) -> None:
    """Draw the path from above, a strip of camera frames and the commands over time."""
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure = plt.figure(figsize=(11, 6.2), layout="constrained")
    grid = figure.add_gridspec(2, STRIP, height_ratios=[2.6, 1])
    above = figure.add_subplot(grid[0, : STRIP // 2])
    x, y = flight.positions_m[:, 0], flight.positions_m[:, 1]
    above.scatter(flight.trees_m[:, 0], flight.trees_m[:, 1], s=90, c="#3a7d44", label="trees")
    above.plot(x, y, c="#1f4e8c", lw=2, label="path")
    above.plot(x[0], y[0], "o", c="#1f4e8c", label="start")
    above.plot(*flight.target_m[:2], "s", c="#c1121f", ms=9, label="red chair")
    margin = 2.5
    above.set_xlim(
        min(x.min(), flight.target_m[0]) - margin, max(x.max(), flight.target_m[0]) + margin
    )
    above.set_ylim(
        min(y.min(), flight.target_m[1]) - margin, max(y.max(), flight.target_m[1]) + margin
    )
    above.set_aspect("equal", "box")
    above.set(xlabel="east, m", ylabel="north, m")
    above.set_title(f"seed {flight.seed}: {flight.outcome.value} at {flight.time_s:.1f} s")
    above.legend(loc="best", fontsize=8)
    times_s = (flight.stamps_ns - flight.stamps_ns[0]) / NANOSECONDS
    commands = figure.add_subplot(grid[0, STRIP // 2 :])
    for i, label in enumerate(LABELS):
        commands.plot(times_s, flight.commands[:, i], label=label)
    commands.set(xlabel="time, s", title="commands")
    commands.grid(alpha=0.3)
    commands.legend(loc="best", fontsize=8)
    for column, k in enumerate(np.linspace(0, len(onboard) - 1, STRIP).astype(int)):
        picture = figure.add_subplot(grid[1, column])
        picture.imshow(onboard[k])
        picture.set_title(f"{times_s[k]:.1f} s", fontsize=9)
        picture.axis("off")
    figure.savefig(path, dpi=100)
    plt.close(figure)
