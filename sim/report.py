"""Pictures of flights, of whatever task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np

from liquid_control.contract import NANOSECONDS, Image
from liquid_control.contract.goals import to_words

from .flight import Flight
from .layout import Place

STRIP = 6
MARGIN_M = 2.5
BLUE, GOLD, GREY = "#1f4e8c", "#e0a100", "#a9b3a6"


@dataclass(frozen=True)
class Shown:
    """A flight as it is to be shown.

    Attributes:
        task: its name.
        flight: what happened.
        seen: times in seconds, and what the camera saw then; may be empty.
    """

    task: str
    flight: Flight
    seen: Sequence[tuple[float, Image]] = ()


def draw_flight(shown: Shown, fields: Sequence[str], path: Path) -> None:
    """Draw the path from above, a strip of camera images and the commands over time.

    Args:
        shown: what is drawn.
        fields: names of the command's values, with units.
        path: of the PNG.
    """
    rows = 2 if shown.seen else 1
    figure = _figure(11, 6.2 if shown.seen else 4.6)
    grid = figure.add_gridspec(rows, STRIP, height_ratios=[2.6, 1][:rows])
    _draw_above(figure.add_subplot(grid[0, : STRIP // 2]), shown)
    _draw_commands(figure.add_subplot(grid[0, STRIP // 2 :]), shown.flight, fields)
    _draw_seen(figure, [grid[rows - 1, column] for column in range(STRIP)], shown)
    _write(figure, path)


def draw_tour(tour: Sequence[Shown], path: Path) -> None:
    """Draw flights side by side: each path from above, and what its camera saw below it.

    Args:
        tour: what is drawn.
        path: of the PNG.
    """
    figure, wide = _figure(4.2 * len(tour), 6.4), STRIP // 2
    grid = figure.add_gridspec(3, wide * len(tour), height_ratios=[3.4, 1, 1])
    for i, shown in enumerate(tour):
        columns = range(wide * i, wide * (i + 1))
        _draw_above(figure.add_subplot(grid[0, wide * i : wide * (i + 1)]), shown)
        _draw_seen(figure, [grid[row, column] for row in (1, 2) for column in columns], shown)
    _write(figure, path)


def verdict_of(flight: Flight) -> str:
    """Return how a flight ended, in words."""
    verdict = flight.verdict
    touched = f" with {verdict.touched}" if verdict.touched else ""
    return f"{verdict.outcome.value}{touched} at {verdict.time_s:.1f} s"


def _figure(width: float, height: float) -> Any:
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    return plt.figure(figsize=(width, height), layout="constrained")


def _write(figure: Any, path: Path) -> None:
    from matplotlib import pyplot as plt

    figure.savefig(path, dpi=100)
    plt.close(figure)


def _draw_above(axes: Any, shown: Shown) -> None:
    """Draw path, obstacles and what the task marks; what was ordered as a star."""
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Circle

    flight = shown.flight
    circles = [Circle((x, y), max(radius, 0.1)) for x, y, radius in flight.obstacles_m.tolist()]
    axes.add_collection(PatchCollection(circles, color=GREY, alpha=0.7))
    x, y = flight.positions_m[:, 0], flight.positions_m[:, 1]
    axes.plot(x, y, c=BLUE, lw=2, label="path", zorder=3)
    axes.plot(x[:1], y[:1], "o", c=BLUE, label="start", zorder=3)
    marks = _marks(flight)
    stops = [name for name in _ordered(flight) if name in marks]
    for name, where in marks.items():
        _draw_mark(axes, name, where, flight, stops)
    shown_m = np.array([*zip(x, y, strict=True), *marks.values()]).reshape(-1, 2)
    if len(shown_m):
        low, high = shown_m.min(axis=0), shown_m.max(axis=0)
        (east, north), half = (low + high) / 2, (high - low).max() / 2 + MARGIN_M
        axes.set(xlim=(east - half, east + half), ylim=(north - half, north + half))
    axes.set(xlabel="east, m", ylabel="north, m", aspect="equal")
    order = [f"order: {to_words(goal)}" for _, goal in flight.orders[:1]]
    orders = [f"orders: {', '.join(f'{g.colour} {g.kind}' for _, g in flight.orders)}"]
    said = orders if len(flight.orders) > 1 else order
    title = f"{shown.task}, seed {flight.seed}: {verdict_of(flight)}"
    axes.set_title("\n".join([title, *said]), fontsize=10)


def _draw_mark(
    axes: Any, name: str, where: tuple[float, float], flight: Flight, stops: Sequence[str]
) -> None:
    """Draw one thing in its own colour, and where it went; stops have their number."""
    place = flight.layout.places.get(name, Place(*where))
    stop, paint = name in stops, place.colour or (GOLD if name in stops else "0.35")
    number = f"{stops.index(name) + 1} " if stop and len(stops) > 1 else ""
    if place.path:
        way = [place.at(t) for t in np.linspace(0.0, flight.verdict.time_s, 100)]
        axes.plot([p.x_m for p in way], [p.y_m for p in way], ":", c=paint, lw=1.5)
    axes.plot(
        *where,
        "*" if stop else "s",
        c=paint,
        ms=16 if stop else 7,
        mec="0.2",
        mew=0.7,
        label=f"{name}, the target" if stop else name,
        zorder=4,
    )
    above = {"xytext": (0, 12 if stop else 8), "textcoords": "offset points", "ha": "center"}
    axes.annotate(number + name, where, fontsize=8, **above)


def _marks(flight: Flight) -> dict[str, tuple[float, float]]:
    """Return what a map names: not every trunk that stands in the way."""
    places = flight.layout.places
    return {
        name: where
        for name, where in flight.markers.items()
        if name not in places or places[name].colour or not places[name].kind
    }


def _ordered(flight: Flight) -> list[str]:
    """Return the names of what was ordered, one after the other."""
    places, target = flight.layout.places, flight.layout.target
    if not flight.orders or target not in places or not places[target].kind:
        return [target]
    said = {(place.kind, place.colour): name for name, place in places.items()}
    pairs = [(goal.kind, goal.colour) for _, goal in flight.orders]
    return [said[pair] for pair in pairs if pair in said]


def _draw_seen(figure: Any, cells: Sequence[Any], shown: Shown) -> None:
    """Draw camera images of all of a flight, one in each cell."""
    chosen: Any = np.linspace(0, len(shown.seen) - 1, len(cells)).astype(int)
    for cell, k in zip(cells, chosen if shown.seen else [], strict=False):
        time_s, image = shown.seen[k]
        picture = figure.add_subplot(cell)
        picture.imshow(image)
        picture.set_title(f"{time_s:.1f} s", fontsize=9)
        picture.axis("off")


def _draw_commands(axes: Any, flight: Flight, fields: Sequence[str]) -> None:
    times_s = flight.stamps_ns / NANOSECONDS
    for i, name in enumerate(fields):
        axes.plot(times_s, flight.commands[:, i], label=name)
    axes.set(xlabel="time, s", title="commands")
    axes.grid(alpha=0.3)
    axes.legend(loc="best", fontsize=8)
