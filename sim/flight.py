"""Fly one seed from start to verdict and keep what happened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from liquid_control.contract import (
    NANOSECONDS,
    TICK,
    Command,
    Event,
    Goal,
    Observation,
    PolicyCard,
)
from liquid_control.pipeline import Pilot, PilotStep

from .layout import Layout
from .model import TICK_NS
from .settings import WorldSettings
from .tasks import CarefulExpert, RecallingExpert, Verdict
from .world import World

WATCH_EVERY_TICKS = NANOSECONDS // 20 // TICK_NS
"""How often the pilot's watchdog looks, as on a robot."""


@dataclass(frozen=True)
class Flight:
    """One finished flight; arrays have one row for each step that flew a command.

    Attributes:
        seed: what the world was drawn from.
        verdict: how and when it ended.
        stamps_ns: (steps,) int64, of the clock's readings; of the decision where a step
            answers none.
        commands: (steps, fields) float32, as flown.
        positions_m: (steps, 3) float32, true positions, ENU.
        policy_ms: (policy steps,) float32, time spent in the policy.
        layout: where it started and what stood where.
        markers: (x, y) of what a map shows, by name.
        obstacles_m: (obstacles, 3) float32, x, y and radius.
        orders: each that was given, and when, in seconds.
    """

    seed: int
    verdict: Verdict
    stamps_ns: NDArray[np.int64]
    commands: NDArray[np.float32]
    positions_m: NDArray[np.float32]
    policy_ms: NDArray[np.float32]
    layout: Layout
    markers: dict[str, tuple[float, float]]
    obstacles_m: NDArray[np.float32]
    orders: tuple[tuple[float, Goal], ...] = ()


class FlightRecorder:
    """Collects a flight step by step; used in-process and by the ROS world alike."""

    def __init__(self) -> None:
        self._rows: list[tuple[int, tuple[float, ...], tuple[float, ...]]] = []
        self._policy_ms: list[float] = []
        self._orders: list[tuple[float, Goal]] = []

    def add(self, world: World, command: Command, stamp_ns: int, policy_ms: float = 0.0) -> None:
        """Keep one step: what is flown from now on."""
        self._rows.append((stamp_ns, command.values, world.truth().position_m))
        if world.goal is not None and (not self._orders or world.goal != self._orders[-1][1]):
            self._orders.append((world.now_ns / NANOSECONDS, world.goal))
        if policy_ms:
            self._policy_ms.append(policy_ms)

    def finish(self, world: World) -> Flight:
        """Return the flight that has just ended."""
        assert world.verdict is not None
        fields = len(world.settings.vehicle.command.fields)
        stamps, commands, positions = zip(*self._rows, strict=True) if self._rows else ((),) * 3
        return Flight(
            world.episode.seed,
            world.verdict,
            np.array(stamps, np.int64),
            _table(commands, fields),
            _table(positions, 3),
            np.array(self._policy_ms, np.float32),
            world.layout,
            world.settings.task.markers(world.layout),
            _table(world.obstacles_m, 3),
            tuple(self._orders),
        )


def fly(  # noqa: PLR0917 - what may be said of one flight
    world: World,
    pilot: Pilot,
    seed: int,
    settings: WorldSettings | None = None,
    on_step: Callable[[PilotStep], Any] | None = None,
    arrive: Callable[[list[Event]], Iterable[Event]] = list,
) -> Flight:
    """Fly a pilot from the reset with ``seed`` until the verdict; where it is silent, rest.

    Args:
        world: where to fly.
        pilot: is reset first.
        seed: of the world.
        settings: other settings for this and later flights.
        on_step: called with every step that the pilot takes, the world as it is then.
        arrive: returns what the pilot is given of what has happened; all of it by default.
    """
    world.reset(seed, settings)
    pilot.reset()
    recorder = FlightRecorder()
    rest = world.settings.vehicle.command.rest
    command = rest
    while world.verdict is None:
        for event in arrive(arrivals(world)):
            step = pilot.take(event)
            if step is None:
                continue
            command = step.command or rest
            stamp_ns = event.now_ns if step.stamp_ns is None else step.stamp_ns
            recorder.add(world, command, stamp_ns, step.policy_ms)
            if on_step is not None:
                on_step(step)
        world.advance(command)
    return recorder.finish(world)


def arrivals(world: World) -> list[Event]:
    """Return what has arrived at this tick, and from time to time the tick of the watchdog."""
    events = world.events()
    if world.tick % WATCH_EVERY_TICKS == 0:
        events.append(Event(world.now_ns, TICK))
    return events


class ExpertSteps:
    """The expert of a world's task, to be flown by a pilot as if it were a policy.

    Args:
        world: whose truth it knows.
        card: of the inputs whose clock it answers, such as ``world_card(world.settings)``.
    """

    def __init__(self, world: World, card: PolicyCard) -> None:
        self.card, self._world = card, world
        self.expert = world.settings.task.expert(card.command)

    def reset(self) -> None:
        """Begin the flight that the world has been reset to."""
        self.expert.reset(self._world.layout)

    def is_alarmed(self) -> bool:
        """Return whether the expert sees that something is about to be hit."""
        if not isinstance(self.expert, CarefulExpert):
            return False
        return self.expert.is_alarmed(self._world.truth())

    @property
    def recalled(self) -> tuple[str, ...]:
        """What the expert says that it remembers, by name."""
        return self.expert.recalled if isinstance(self.expert, RecallingExpert) else ()

    def recall(self) -> tuple[float, ...]:
        """Return what the expert remembers; nothing from one that does not say."""
        if not isinstance(self.expert, RecallingExpert):
            return ()
        return self.expert.recall(self._world.truth())

    def step(self, observation: Observation) -> Command:
        """Return what the expert does now."""
        return self.expert.command(self._world.truth(), self._world.goal)


def _table(rows: Any, columns: int) -> NDArray[np.float32]:
    return np.array(rows, np.float32).reshape(-1, columns)
