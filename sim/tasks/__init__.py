"""One task a file: where a flight starts, what is to be done, who shows it and who judges it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, ClassVar, Protocol, runtime_checkable

from numpy.random import Generator

from liquid_control.contract import Command, CommandCard, Goal, InputCard
from liquid_control.registry import Registry

from ..component import Component
from ..layout import Layout
from ..vehicles import Truth


class Outcome(str, Enum):
    """How a flight ended."""

    SUCCESS = "success"
    COLLISION = "collision"
    TIMEOUT = "timeout"
    ASTRAY = "astray"


@dataclass(frozen=True)
class Verdict:
    """How and when a flight ended, and what was touched if it was a collision."""

    outcome: Outcome
    time_s: float
    touched: str = ""


class Expert(Protocol):
    """The privileged pilot that a policy imitates."""

    def reset(self, layout: Layout) -> None:
        """Begin a flight."""

    def command(self, truth: Truth, goal: Goal | None) -> Command:
        """Return what to do about the present order, within the limits of the command card."""


@runtime_checkable
class CarefulExpert(Expert, Protocol):
    """One that sees a collision coming."""

    def is_alarmed(self, truth: Truth) -> bool:
        """Return whether going on as now would touch something soon."""


@runtime_checkable
class RecallingExpert(Expert, Protocol):
    """One that says what it remembers, by which a policy's state can be taught.

    Attributes:
        recalled: what it says, by name.
    """

    recalled: tuple[str, ...]

    def recall(self, truth: Truth) -> tuple[float, ...]:
        """Return what it remembers after the command of this step, numbers of about one."""


class Referee(Protocol):
    """Judges one flight.

    Attributes:
        done: how many parts of the task are done; the order may depend on it.
    """

    done: int

    def judge(self, truth: Truth, touched: str | None) -> Verdict | None:
        """Return the verdict once the flight has ended, the same ever after; else None."""


class Task(Component, frozen=True):
    """Base of the settings of a task.

    Attributes:
        vehicle: the name of the vehicle that it is meant for.
    """

    vehicle: ClassVar[str]

    def world(self) -> dict[str, Any]:
        """Return the world to do it in: plain data with vehicle, sensors, scenery, as in YAML."""
        raise NotImplementedError

    def draw(self, rng: Generator) -> Layout:
        """Return one flight's layout, drawn from ``rng`` alone."""
        raise NotImplementedError

    def expert(self, command: CommandCard) -> Expert:
        """Return a pilot that does it, within the limits of a vehicle."""
        raise NotImplementedError

    def referee(self, layout: Layout) -> Referee:
        """Return who judges a flight in a layout."""
        raise NotImplementedError

    def shortfall(self, truth: Truth, layout: Layout) -> float:
        """Return how much is still to be done; its decrease is the reward."""
        raise NotImplementedError

    def goal(self, layout: Layout, done: int) -> Goal | None:
        """Return the order that holds once ``done`` parts are done; None where there is none."""
        return None

    def ordered(self, goal: Goal) -> Task:
        """Return the task with a person's order in every flight, where it has a choice.

        Raises:
            ValueError: it has none, or the order is not among what it can give.
        """
        raise ValueError("expected a task with a choice of orders, such as find; change the task")

    def vocabulary(self) -> InputCard | None:
        """Return the card of the orders that it gives, by ``goal_input``; None without any."""
        return None

    def info(self, truth: Truth, layout: Layout) -> dict[str, float]:
        """Return numbers that a person would want to watch, with units in their names."""
        return {}

    def markers(self, layout: Layout) -> dict[str, tuple[float, float]]:
        """Return (x, y) in metres of what a map of the flight shows, by name."""
        return {key: (place.x_m, place.y_m) for key, place in layout.places.items()}


TASKS: Registry[Task] = Registry(__name__, Task, "task")
