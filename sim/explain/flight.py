"""One page about one flight: its path, what it said beside the expert, and what made the gap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
import msgspec
import numpy as np
from matplotlib.patches import Circle
from scipy.ndimage import maximum_filter

from liquid_control.contract.goals import to_words
from liquid_control.errors import ConfigError
from liquid_control.networks.policy import PolicyNetwork

from ..pages import render_page
from ..settings import WorldSettings
from .figures import ACCENT, INK, RISING, axes, picture, strips
from .gaps import Gap, gaps_of
from .mind import Lived, live, restored
from .saliency import Look, ways_of
from .trace import Trace, trace

TEMPLATE = "_explain_flight.html"


@dataclass(frozen=True)
class FlightReport:
    """What was found of one flight.

    Attributes:
        model: name of the file.
        task: that was flown.
        seed: of the flight.
        order: the first one; empty where the task gives none.
        outcome: in words.
        gaps: in which policy and expert differed most.
        pictures: figures by name, each the source of an ``img``.
    """

    model: str
    task: str
    seed: int
    order: str
    outcome: str
    gaps: list[Gap]
    pictures: dict[str, str]

    def numbers(self) -> dict[str, Any]:
        """Return the findings as plain data, for a file."""
        found = {k: v for k, v in vars(self).items() if k not in ("gaps", "pictures")}
        return found | {
            "gaps": [msgspec.to_builtins(m) | {"verdict": m.verdict} for m in self.gaps]
        }

    def page(self) -> str:
        """Return the page: one file, no network."""
        return render_page(TEMPLATE, r=self)


def explain_flight(model: Path, settings: WorldSettings, seed: int) -> FlightReport:
    """Fly one seed with a policy file and find where and why it left its expert's way.

    Raises:
        BundleError: the file is not sound.
        ConfigError: it does not fit the world, no network of this project can be made of it, or
            the policy never ran.
    """
    network = restored(model)
    found = list(trace(model, settings, [seed]))
    if not found:
        raise ConfigError(
            f"flight {seed}: expected a step of the policy, found none; give another --flight"
        )
    one, lived = found[0], live(network, found[0])
    gaps = gaps_of(network, one, lived)
    flown, verdict = one.flight, one.flight.verdict
    hit = f" with {verdict.touched}" if verdict.touched else ""
    drawn = {
        "path": _path(one, gaps),
        "commands": _commands(network, one, lived, gaps),
    }
    looks = [_look(network, one, lived, sum(m.steps) // 2) for m in gaps]
    if all(looks):
        drawn["strips"] = strips([look for look in looks if look is not None])
    return FlightReport(
        model=model.name,
        task=type(settings.task).__name__,
        seed=seed,
        order=to_words(flown.orders[0][1]) if flown.orders else "",
        outcome=f"{verdict.outcome.value}{hit} at {verdict.time_s:.1f} s",
        gaps=gaps,
        pictures=drawn,
    )


def _look(network: PolicyNetwork, one: Trace, lived: Lived, i: int) -> Look | None:
    """Return the picture of a step with the eye's own map, or else where its command came from."""
    name = next((n for n, given in network.card.inputs.items() if given.kind == "image"), None)
    if name is None or one.target is None:
        return None
    image = one.inputs[name][i]
    way = list(ways_of(network, name, one, lived, i).values())[-1]
    target = one.target[i]
    return Look(image, way(image), maximum_filter(target, size=3), int(target.sum()))


def _path(one: Trace, gaps: Sequence[Gap]) -> str:
    """Return the flight from above."""
    flight = one.flight
    seconds = (flight.stamps_ns - flight.stamps_ns[0]) / 1e9
    x, y = flight.positions_m[:, 0], flight.positions_m[:, 1]
    figure, ((axis,),) = axes(5, 4.2)
    for east, north, radius in flight.obstacles_m.tolist():
        axis.add_artist(Circle((east, north), radius, color="#bbb"))
    for name, place in flight.markers.items():
        axis.plot(*place, "*", color=ACCENT, ms=8)
        axis.annotate(name, place, fontsize=8)
    axis.plot(x, y, color=INK, lw=1)
    axis.plot(x[0], y[0], "o", color=INK, ms=5)
    for number, gap in enumerate(gaps, 1):
        i = int(np.searchsorted(seconds, gap.at_s).clip(max=len(x) - 1))
        axis.annotate(str(number), (x[i], y[i]), color=ACCENT, fontsize=13, weight="bold")
    axis.set(xlabel="east, m", ylabel="north, m")
    axis.set_aspect("equal", adjustable="datalim")
    return picture(figure)


def _commands(network: PolicyNetwork, one: Trace, lived: Lived, gaps: Sequence[Gap]) -> str:
    """Return every field that moves, as the policy and as the expert said it."""
    fields = [(i, f.name) for i, f in enumerate(network.card.command.fields) if f.scale > 0]
    figure, rows = axes(10, 1.5 * len(fields), len(fields), 1)
    dark, light = mpl.colormaps[RISING]([0.0, 0.7])
    for (i, name), (axis,) in zip(fields, rows, strict=True):
        axis.plot(one.seconds, one.wanted[:, i], "--", color=light, label="expert")
        axis.plot(one.seconds, lived.commands[:, i], color=dark, label="policy")
        for number, gap in enumerate(gaps, 1):
            first, last = gap.steps
            axis.axvspan(one.seconds[first], one.seconds[last - 1], color=ACCENT, alpha=0.2)
            axis.annotate(str(number), (gap.at_s, 0.85), xycoords=("data", "axes fraction"))
        axis.set_ylabel(name, fontsize=8)
    rows[0, 0].legend(fontsize=8, loc="upper right")
    rows[-1, 0].set_xlabel("seconds")
    return picture(figure)
