"""Go to one ordered thing after another: the next order comes when the last is carried out."""

from __future__ import annotations

from numpy.random import Generator

from liquid_control.contract import Count, Goal, Positive

from ..layout import Layout
from ..vehicles import Truth
from . import Outcome, Verdict
from ._flying import order_of
from ._referee import HoldReferee
from .find import Find


class Hike(Find, frozen=True):
    """A chain of orders in one flight.

    Attributes:
        legs: how many orders.
    """

    legs: Count = 3
    others: tuple[int, int] = (3, 4)
    time_limit_s: Positive = 90.0

    def __post_init__(self) -> None:
        super().__post_init__()
        most = 1 + self.others[1]
        if self.legs > most:
            raise ValueError(f"expected at most {most} legs, found {self.legs}; add others")

    def draw(self, rng: Generator) -> Layout:
        """Draw things around the start; the first of them are ordered one after the other."""
        layout = super().draw(rng)
        if len(stops(layout)) < self.legs:
            return self.draw(rng)
        return layout

    def goal(self, layout: Layout, done: int) -> Goal:
        """Return the order of the present leg."""
        return order_of(layout.places[stops(layout)[min(done, self.legs - 1)]])

    def referee(self, layout: Layout) -> HikeReferee:
        """Return a referee that judges every leg like a flight of its own."""
        return HikeReferee(self, layout)


class HikeReferee:
    """Success once every leg is done, in order.

    Args:
        task: legs and what a hover is.
        layout: of the flight.
    """

    def __init__(self, task: Hike, layout: Layout) -> None:
        self.done = 0
        self._task, self._stops = task, [layout.places[name] for name in stops(layout)]
        self._leg = self._next()

    def judge(self, truth: Truth, touched: str | None) -> Verdict | None:
        """Return the verdict once the flight has ended, the same ever after; else None."""
        verdict = self._leg.judge(truth, touched)
        if verdict is None or verdict.outcome is not Outcome.SUCCESS:
            return verdict
        if self.done + 1 < self._task.legs:
            self.done += 1
            self._leg = self._next()
            return None
        self.done = self._task.legs
        return verdict

    def _next(self) -> HoldReferee:
        place, task = self._stops[self.done], self._task
        return HoldReferee(
            lambda truth: task.hovers_at(truth, place), task.hold_s, task.time_limit_s
        )


def stops(layout: Layout) -> list[str]:
    """Return the names of what can be ordered, in order."""
    return [name for name, place in layout.places.items() if place.colour]
