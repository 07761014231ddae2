"""A suite as one page: no other file, no network, as good on paper as on a screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from ..conditions import description
from ..pages import render_page
from ..tasks import Outcome
from .maps import SIDE_PX, Map, draw_map, words
from .results import Results, Row
from .statistics import wilson_interval
from .suite import FlownCell, FlownSuite
from .worst import Reel, learnt

TEMPLATE = "_suite.html"
MAPS_A_TASK = 3
COLOURS = (
    (0.0, (102, 37, 6)),
    (0.5, (204, 76, 2)),
    (0.75, (254, 153, 41)),
    (0.9, (254, 217, 142)),
    (1.0, (255, 255, 235)),
)
"""Red, green and blue of a success rate: one hue that grows darker, also without colours."""
LIGHT_BELOW = 0.6
"""Rates whose colour is so dark that light letters stand out of it."""

OWN_POLICY = """\
import numpy as np


def make(card):  # what it is given and may say: card.inputs, card.command.fields
    def fly(observation):
        image = observation.values["image"].astype(int)  # (64, 96, 3), RGB
        rows, columns = np.nonzero(image[..., 0] - image[..., 1:].max(axis=-1) > 40)
        if not len(rows):
            return 0.0, 0.0, 0.0, 0.8  # forward, left, up in m/s, yaw rate in rad/s
        aside = columns.mean() / 48 - 1  # of what is red: -1 at the left edge
        forward = 0.8 if np.ptp(rows) < 27 else 0.0
        return forward * (abs(aside) < 0.5), 0.0, 0.3 - 0.5 * rows.mean() / 32, -aside

    return fly
"""
"""Somebody else's policy, as the page shows it."""


@dataclass(frozen=True)
class Share:
    """A success rate as it is shown."""

    successes: int
    flights: int

    @property
    def rate(self) -> float:
        """Successes over flights."""
        return self.successes / self.flights

    @property
    def text(self) -> str:
        """In percent."""
        return percent(self.rate)

    @property
    def interval(self) -> str:
        """The 95 % Wilson interval, in percent."""
        low, high = wilson_interval(self.successes, self.flights)
        return f"{percent(low)}\N{EN DASH}{percent(high)}"

    @property
    def style(self) -> str:
        """The CSS of its colour."""
        return f"background:{colour(self.rate)};color:{ink(self.rate)}"


def render(flown: FlownSuite, found: Results, reels: Sequence[Reel] = ()) -> str:
    """Return the page.

    Args:
        flown: every flight.
        found: its rows.
        reels: films of the worst flights.
    """
    models = list(dict.fromkeys(row.model for row in found.rows))
    shown = learnt(models)
    return render_page(
        TEMPLATE,
        found=found,
        names=_names(models),
        words=words,
        world=flown.order.world,
        description=description,
        models=models,
        shown=shown,
        tasks=found.tasks,
        conditions=found.conditions,
        rows={(row.model, row.task, row.condition): row for row in found.rows},
        share=lambda row: Share(row.successes, row.episodes),
        pooled=lambda model, task: _pooled(found.rows, model, task),
        touched={model: _touched(found.rows, model) for model in shown},
        maps={model: _maps(flown.cells, model) for model in shown},
        reels={model: [reel for reel in reels if reel.model == model] for model in shown},
        scale=[Share(n, 20) for n in range(0, 21, 2)],
        side=SIDE_PX,
        own_policy=OWN_POLICY,
    )


def colour(rate: float) -> str:
    """Return the colour of a success rate, as in CSS."""
    for (low, dark), (high, light) in pairwise(COLOURS):
        if rate <= high:
            share = (rate - low) / (high - low)
            mixed = (round(a + share * (b - a)) for a, b in zip(dark, light, strict=True))
            return f"rgb({', '.join(map(str, mixed))})"
    raise AssertionError(f"a rate above 1: {rate}")


def ink(rate: float) -> str:
    """Return the colour of letters on the colour of a success rate."""
    return "#fff" if rate < LIGHT_BELOW else "#222"


def percent(share: float) -> str:
    """Return a share in percent; only all of it is 100."""
    return "100" if share == 1 else f"{min(99, round(100 * share))}"


def _names(models: Sequence[str]) -> dict[str, str]:
    """Return what to call each model: without its folder, if that is clear."""
    short = {model: Path(model).stem if model.endswith(".onnx") else model for model in models}
    counts = Counter(short.values())
    return {model: name if counts[name] == 1 else model for model, name in short.items()}


def _pooled(rows: Sequence[Row], model: str, task: str) -> Share | None:
    """Return what a model reached in a task under all conditions; None if it flew none."""
    of = [row for row in rows if (row.model, row.task) == (model, task)]
    flights = sum(row.episodes for row in of)
    return Share(sum(row.successes for row in of), flights) if of else None


def _touched(rows: Sequence[Row], model: str) -> list[tuple[str, dict[str, int]]]:
    """Return how often each kind of thing was hit in each task, the most frequent first."""
    total: Counter[str] = Counter()
    by_task: dict[str, Counter[str]] = {}
    for row in rows:
        if row.model == model:
            total.update(row.touched)
            for what, times in row.touched.items():
                by_task.setdefault(what, Counter())[row.task] += times
    return [(what, dict(by_task[what])) for what, _ in total.most_common()]


def _maps(cells: Sequence[FlownCell], model: str) -> dict[str, list[Map]]:
    """Return some flights of a model from above, by task: as they are, and where they fail."""
    of: dict[str, list[FlownCell]] = {}
    for part in cells:
        if part.cell.model == model:
            of.setdefault(part.cell.task, []).append(part)
    return {task: _chosen(parts) for task, parts in of.items()}


def _chosen(parts: Sequence[FlownCell]) -> list[Map]:
    """Return the first flight of all, and the first failures of different conditions."""
    chosen: list[Any] = [(parts[0].cell, parts[0].flights[0])]
    for part in parts:
        failed = [f for f in part.flights if f.flight.outcome is not Outcome.SUCCESS]
        chosen += [(part.cell, f) for f in failed[:1] if (part.cell, f) not in chosen]
    return [draw_map(*flight) for flight in chosen[:MAPS_A_TASK]]
