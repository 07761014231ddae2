"""One task a file: where a flight starts, what is to be done, who shows it and who judges it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, ClassVar, Protocol

from numpy.random import Generator

from liquid_control.contract import Command, CommandCard, Goal, InputCard
from liquid_control.registry import Registry

from ..component import Component
from ..vehicles import Truth, Vector


class Outcome(str, Enum):
    """How a flight ended."""

    SUCCESS = "success"
    COLLISION = "collision"
    TIMEOUT = "timeout"


@dataclass(frozen=True)
class Verdict:
    """How and when a flight ended, and what was touched if it was a collision."""

    outcome: Outcome
    time_s: float
    touched: str = ""


@dataclass(frozen=True)
class Place:
    """Where something stands on the ground, ENU."""

    x_m: float
    y_m: float
    yaw_rad: float = 0.0


Corridor = tuple[float, float, float, float, float]
"""A way that scenery keeps off: x0, y0, x1, y1, radius, in metres."""


@dataclass(frozen=True)
class Layout:
    """Where one flight starts and what stands where; world frame ENU.

    Attributes:
        places: of the scenery that the task puts somewhere, by its key.
        target: the key of what the task is about.
        clear: ways that trees and rocks keep off.
        extent_m: how far from the origin the flight may go; scenery is scattered around that.
    """

    start_position_m: Vector
    start_yaw_rad: float
    places: Mapping[str, Place] = field(default_factory=dict)
    target: str = ""
    clear: tuple[Corridor, ...] = ()
    extent_m: float = 10.0


class Expert(Protocol):
    """The privileged pilot that a policy imitates."""

    def reset(self, layout: Layout) -> None:
        """Begin a flight."""

    def command(self, truth: Truth) -> Command:
        """Return what to do now, within the limits of the command card."""


class Referee(Protocol):
    """Judges one flight."""

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

    def goal(self, layout: Layout, time_s: float) -> Goal | None:
        """Return the order that holds at a time of the flight; None where there is none."""
        return None

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
