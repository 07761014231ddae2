"""A flight from above, as the numbers of a small drawing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from liquid_control.contract.goals import to_words

from ..world import draw_episode
from .cells import Cell
from .results import kind
from .worker import Flown

SIDE_PX = 200
MARGIN_M = 2.0
LEAST_M = 8.0
"""Of ground that is shown along each side."""


@dataclass(frozen=True)
class Map:
    """What is drawn; x to the east, y to the south, in pixels of a square of ``SIDE_PX``.

    Attributes:
        title: what was flown.
        order: the first one; empty where the task gives none.
        end: how it ended, in words.
        outcome: in one word.
        height_m: lowest and highest of the flight.
        path: (x, y) of the flight.
        circles: x, y and radius of what stood there.
        target: (x, y), if there is one.
        metre: pixels.
    """

    title: str
    order: str
    end: str
    outcome: str
    height_m: tuple[float, float]
    path: tuple[tuple[float, float], ...]
    circles: tuple[tuple[float, float, float], ...]
    target: tuple[float, float] | None
    metre: float


def draw_map(cell: Cell, flown: Flown) -> Map:
    """Return the drawing of a flight; what stood there is drawn from its seed again."""
    episode = draw_episode(cell.settings, flown.flight.seed)
    path_m = np.array(flown.path_m or [episode.layout.start_position_m], float)
    place = episode.layout.places.get(episode.layout.target)
    target_m = [] if place is None else [(place.x_m, place.y_m)]
    shown_m = np.concatenate([path_m[:, :2], np.reshape(target_m, (-1, 2))])
    low, high = shown_m.min(axis=0), shown_m.max(axis=0)
    side_m = max(float((high - low).max()) + 2 * MARGIN_M, LEAST_M)
    west, north = (low + high) / 2 + np.array([-side_m, side_m]) / 2
    metre = SIDE_PX / side_m
    goal = cell.settings.task.goal(episode.layout, 0)

    def px(x_m: float, y_m: float) -> tuple[float, float]:
        return round((x_m - west) * metre, 1), round((north - y_m) * metre, 1)

    drawn, scenery = episode.drawn, cell.settings.scenery
    around = [o for key, part in scenery.items() for o in part.obstacles(drawn[key])]
    circles = [(*px(x, y), round(max(r * metre, 1.0), 1)) for x, y, r in around]
    seen = [c for c in circles if all(-c[2] < at < SIDE_PX + c[2] for at in c[:2])]
    return Map(
        title_of(cell, flown),
        "" if goal is None else to_words(goal),
        end_of(flown),
        flown.flight.outcome.value,
        (float(path_m[:, 2].min()), float(path_m[:, 2].max())),
        tuple(px(x, y) for x, y in path_m[:, :2].tolist()),
        tuple(seen),
        px(*target_m[0]) if target_m else None,
        metre,
    )


def title_of(cell: Cell, flown: Flown) -> str:
    """Return what was flown, in words."""
    under = "" if cell.condition == "none" else f" under {words(cell.condition)}"
    return f"{words(cell.task)}{under}, seed {flown.flight.seed}"


def words(name: str) -> str:
    """Return the name of a task or a condition as a person says it, without its file."""
    return name.rpartition(":")[2].replace("_", " ")


def end_of(flown: Flown) -> str:
    """Return how a flight ended, in words."""
    flight = flown.flight
    hit = f" with {kind(flight.touched)}" if flight.touched else ""
    return f"{flight.outcome.value}{hit} at {flight.time_s:.1f} s"
