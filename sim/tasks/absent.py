"""What is ordered is not there: search, keep the height, touch nothing, go to nothing else."""

from __future__ import annotations

from liquid_control.contract import Goal, Positive, Range

from ..layout import Layout
from ..vehicles import Truth
from . import Outcome, Verdict
from ._flying import edge_of
from ._ordered import NEW_PAIRS
from .find import Find


class Absent(Find, frozen=True):
    """An order that cannot be carried out.

    Attributes:
        target_distance_m: of every thing from the start: wind may drive a search half a metre off.
        start_height_m: about the height of a search, so that it need not leave that of the start.
        height_error_m: by how much a success may leave the height of the start.
        nearest_m: how near a success may come to the edge of any thing.
    """

    target_distance_m: Range = (4.5, 9.0)
    start_height_m: Range = (1.0, 1.4)
    time_limit_s: Positive = 30.0
    height_error_m: Positive = 0.5
    nearest_m: Positive = 2.4
    others: tuple[int, int] = (1, 3)

    def __post_init__(self) -> None:
        if self.order:
            raise ValueError("expected no order: this task orders what is not there; leave it out")

    def goal(self, layout: Layout, done: int) -> Goal:
        """Return an order for something of the target's kind or colour that stands nowhere."""
        there = {(place.kind, place.colour) for place in layout.places.values()}
        target = layout.places[layout.target]
        pairs = [(target.kind, colour) for colour in self.colours]
        pairs += [(kind, target.colour) for kind in self.kinds]
        start = int(1000 * abs(target.x_m)) % len(pairs)
        for kind, colour in pairs[start:] + pairs[:start]:
            if (kind, colour) not in there and (kind, colour) not in NEW_PAIRS:
                return Goal(kind, colour)
        raise AssertionError("every pair of a kind and a colour stands there")

    def referee(self, layout: Layout) -> AbsentReferee:
        """Return a referee that wants nothing to happen."""
        return AbsentReferee(self, layout)

    def shortfall(self, truth: Truth, layout: Layout) -> float:
        """Return how far the height is from that of the start, m."""
        return abs(truth.position_m[2] - layout.start_position_m[2])


class AbsentReferee:
    """Success when the time is over and nothing was touched, approached, or sunk away from."""

    def __init__(self, task: Absent, layout: Layout) -> None:
        self.done = 0
        self._task, self._layout = task, layout
        self._things = [p for p in layout.places.values() if p.colour]
        self._verdict: Verdict | None = None

    def judge(self, truth: Truth, touched: str | None) -> Verdict | None:
        """Return the verdict once the flight has ended, the same ever after; else None."""
        if self._verdict is None:
            self._verdict = self._decide(truth, touched)
        return self._verdict

    def _decide(self, truth: Truth, touched: str | None) -> Verdict | None:
        task, now_s = self._task, truth.time_s
        if touched is not None:
            return Verdict(Outcome.COLLISION, now_s, touched)
        off_m = abs(truth.position_m[2] - self._layout.start_position_m[2])
        nearest_m = min(edge_of(truth, thing)[1] for thing in self._things)
        if off_m > task.height_error_m or nearest_m < task.nearest_m:
            return Verdict(Outcome.ASTRAY, now_s)
        return Verdict(Outcome.SUCCESS, now_s) if now_s >= task.time_limit_s else None
