"""A slalom: through one gate after another."""

from __future__ import annotations

import math
from collections.abc import Mapping

from numpy.random import Generator

from liquid_control.contract import Goal, Positive, Range

from ..layout import Layout, Place
from ..scenery.kinds import kind_of
from ..vehicles import Truth
from . import Outcome, Verdict
from ._flying import COLOURS, Flying, order_of

GATE = "gate"
MOST = 6


class Gates(Flying, frozen=True):
    """What a flight draws.

    Attributes:
        count: fewest and most gates, all of one colour.
        spacing_m: between two gates.
        bend_rad: how far the course turns at each gate, to either side.
        turned_rad: how far a gate may be turned against the course.
    """

    colours: tuple[str, ...] = COLOURS
    count: tuple[int, int] = (4, MOST)
    spacing_m: Range = (3.5, 5.5)
    bend_rad: Positive = math.radians(35)
    turned_rad: Positive = math.radians(20)
    time_limit_s: Positive = 60.0

    def counts(self) -> Mapping[str, int]:
        """Return room for the gates."""
        return {GATE: max(MOST, self.count[1])}

    def draw(self, rng: Generator) -> Layout:
        """Draw a winding course from the origin."""
        colour = self.colours[int(rng.integers(len(self.colours)))]
        start_yaw = heading = float(rng.uniform(-math.pi, math.pi))
        x = y = 0.0
        places = {}
        for i in range(int(rng.integers(*self.count, endpoint=True))):
            length = float(rng.uniform(*self.spacing_m))
            x, y = x + length * math.cos(heading), y + length * math.sin(heading)
            turned = heading + float(rng.uniform(-self.turned_rad, self.turned_rad))
            places[f"{GATE}_{i}"] = Place(x, y, turned, GATE, colour)
            heading += float(rng.uniform(-self.bend_rad, self.bend_rad))
        far = max(math.hypot(p.x_m, p.y_m) for p in places.values()) + 3.0
        return Layout(
            (0.0, 0.0, float(rng.uniform(*self.start_height_m))),
            start_yaw + float(rng.uniform(-0.4, 0.4)),
            places,
            f"{GATE}_0",
            ((0.0, 0.0, 0.0, 0.0, far),),
            1.5 * far,
        )

    def goal(self, layout: Layout, done: int) -> Goal:
        """Return the order to pass the gates."""
        return order_of(layout.places[layout.target], "pass")

    def referee(self, layout: Layout) -> GatesReferee:
        """Return a referee that counts the gates in order."""
        return GatesReferee(self, layout)

    def shortfall(self, truth: Truth, layout: Layout) -> float:
        """Return the distance to the last gate, m."""
        last = list(layout.places.values())[-1]
        return math.hypot(truth.position_m[0] - last.x_m, truth.position_m[1] - last.y_m)


class GatesReferee:
    """Success once every gate was passed, in order and between its posts."""

    def __init__(self, task: Gates, layout: Layout) -> None:
        self.done = 0
        self._limit_s, self._gates = task.time_limit_s, list(layout.places.values())
        self._before = [-1.0] * len(self._gates)
        self._verdict: Verdict | None = None

    def judge(self, truth: Truth, touched: str | None) -> Verdict | None:
        """Return the verdict once the flight has ended, the same ever after; else None."""
        if self._verdict is None:
            self._verdict = self._decide(truth, touched)
        return self._verdict

    def _decide(self, truth: Truth, touched: str | None) -> Verdict | None:
        if touched is not None:
            return Verdict(Outcome.COLLISION, truth.time_s, touched)
        gate = self._gates[self.done]
        dx, dy = truth.position_m[0] - gate.x_m, truth.position_m[1] - gate.y_m
        c, n = math.cos(gate.yaw_rad), math.sin(gate.yaw_rad)
        along, aside = c * dx + n * dy, c * dy - n * dx
        kind = kind_of(GATE)
        inside = abs(aside) < kind.half_length_m and truth.position_m[2] < kind.height_m
        if self._before[self.done] < 0.0 <= along and inside:
            self.done += 1
            if self.done == len(self._gates):
                return Verdict(Outcome.SUCCESS, truth.time_s)
        else:
            self._before[self.done] = along
        return Verdict(Outcome.TIMEOUT, truth.time_s) if truth.time_s >= self._limit_s else None
