"""The world: one vehicle, its sensors, the wind and a task, stepped tick by tick."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import mujoco
import numpy as np
from numpy.random import Generator

from liquid_control.contract import Command, Event, Goal
from liquid_control.errors import LiquidControlError

from .layout import Layout
from .model import TICK_NS, TICK_S, compile_model, structure
from .sensors import Probe, Sensor
from .sensors.delivery import Delivery
from .settings import GOAL, WorldSettings, world_of
from .tasks import Verdict
from .vehicles import Body, Truth

JUDGE_EVERY_TICKS = 4


class NoFlightError(LiquidControlError):
    """Something was asked of a world in which no flight has begun."""


@dataclass(frozen=True)
class Episode:
    """What one flight takes place in, drawn from its seed.

    Attributes:
        seed: what everything was drawn from.
        layout: by the task.
        drawn: of each piece of scenery, by its key.
    """

    seed: int
    layout: Layout
    drawn: Mapping[str, Any]


def draw_episode(settings: WorldSettings, seed: int) -> Episode:
    """Return the episode of a seed: each part draws from a stream of its own."""
    layout = settings.task.draw(stream(seed, "task"))
    drawn = {
        key: part.draw(stream(seed, f"scenery.{key}"), layout, key)
        for key, part in settings.scenery.items()
    }
    return Episode(seed, layout, drawn)


def stream(seed: int, name: str) -> Generator:
    """Return the random numbers of one part, so that adding another changes none of them."""
    return np.random.default_rng([seed, crc32(name.encode())])


class World:
    """One vehicle in one world; the seed alone decides the flight's surroundings.

    ``reset(seed)``, then in turns ``events()`` for what has arrived and ``advance(command)`` for
    one tick of 5 ms, until there is a ``verdict``.

    Attributes:
        settings: of the present flight.
        model: the compiled MuJoCo model; another one after a ``reset`` that changed its parts.
        data: its state.
        verdict: how the flight ended; None while it lasts.
        tick: ticks since the reset.
        goal: the order that the task has given; None where it gives none.
    """

    settings: WorldSettings
    model: mujoco.MjModel
    data: mujoco.MjData
    verdict: Verdict | None
    tick: int
    goal: Goal | None

    def __init__(self, settings: WorldSettings | None = None) -> None:
        self._feeds: list[_Feed] = []
        self._build(settings or world_of())

    def reset(self, seed: int, settings: WorldSettings | None = None) -> None:
        """Draw everything from ``seed`` and begin a flight.

        Args:
            seed: any non-negative integer.
            settings: other settings for this and later flights; the model is compiled anew only
                if they have other parts.

        Raises:
            ConfigError: the parts of the settings do not fit together.
        """
        if settings is not None and settings != self.settings:
            if structure(settings) != structure(self.settings):
                self._build(settings)
            self.settings = settings
        s = self.settings
        self._episode: Episode | None = draw_episode(s, seed)
        layout = self._episode.layout
        mujoco.mj_resetData(self.model, self.data)
        for key, part in s.scenery.items():
            part.place(self.model, self.data, key, self._episode.drawn[key])
        self._body.begin(s.vehicle, layout, stream(seed, "vehicle"))
        for feed in self._feeds:
            feed.begin(s.sensors[feed.key], layout, seed)
        self._air = s.wind.draw(stream(seed, "wind"), TICK_S)
        self._moving = [
            (part, key, self._episode.drawn[key])
            for key, part in s.scenery.items()
            if part.moves(self._episode.drawn[key])
        ]
        self._referee = s.task.referee(layout)
        self._has_goal = s.task.vocabulary() is not None
        self.goal: Goal | None = None
        self._arrived: list[Event] = []
        self.verdict = None
        self.tick = 0
        self._body.settle(self.model, self.data)
        self._order()
        self._sense()

    def events(self) -> list[Event]:
        """Return what has arrived since the last call, in order: orders, then measurements."""
        arrived, self._arrived = self._arrived, []
        return arrived

    def advance(self, command: Command) -> None:
        """Fly one tick of 5 ms and sample the sensors; after the verdict nothing happens."""
        if self.verdict is not None:
            return
        body, judges = self._body, self.tick % JUDGE_EVERY_TICKS == 0
        if judges:
            self.show(self.tick * TICK_S)
        body.control(command, TICK_S)
        body.blow(self._air.step())
        body.step(self.model, self.data)
        self.tick += 1
        touched, judges = body.touched(), self.tick % JUDGE_EVERY_TICKS == 0
        if judges or touched is not None:
            self.verdict = self._referee.judge(self.truth(), touched)
            if self.verdict is not None:
                return
        if judges:
            self._order()
        self._sense()

    def show(self, time_s: float) -> None:
        """Bring what moves to where it is at a time of the flight."""
        for part, key, drawn in self._moving:
            part.move(self.model, self.data, key, drawn, time_s)

    def measure(self, name: str) -> Any:
        """Return what a sensor would measure now, beside its own readings."""
        feed = next(feed for feed in self._feeds if feed.key == name)
        return feed.probe.measure(self.now_ns)

    @property
    def now_ns(self) -> int:
        """Simulated time since the reset."""
        return self.tick * TICK_NS

    @property
    def episode(self) -> Episode:
        """What the present flight takes place in."""
        if self._episode is None:
            raise NoFlightError("no flight has begun: call reset(seed) first")
        return self._episode

    @property
    def layout(self) -> Layout:
        """Where the present flight starts and what stands where."""
        return self.episode.layout

    @property
    def obstacles_m(self) -> tuple[tuple[float, float, float], ...]:
        """(x, y, radius) of what stands in the way of the present flight."""
        drawn, scenery = self.episode.drawn, self.settings.scenery
        return tuple(o for key, part in scenery.items() for o in part.obstacles(drawn[key]))

    def truth(self) -> Truth:
        """Return the true state, for experts, referees and films."""
        return self._body.truth(self.tick * TICK_S)

    def close(self) -> None:
        """Free the graphics contexts."""
        for feed in self._feeds:
            feed.probe.close()

    def _build(self, settings: WorldSettings) -> None:
        model = compile_model(settings)
        self.close()
        self.settings, self.model, self.data = settings, model, mujoco.MjData(model)
        self._body: Body = settings.simulator.open(settings.vehicle, model, self.data)
        # Images come last: an inertial sample of the same moment has then arrived before.
        keys = sorted(settings.sensors, key=lambda key: settings.sensors[key].kind == "image")
        self._feeds = [
            _Feed(key, settings.sensors[key].open(model, self.data, self._body, key))
            for key in keys
        ]
        self._episode = None

    def _order(self) -> None:
        """Deliver the task's order when it is another one."""
        if not self._has_goal:
            return
        goal = self.settings.task.goal(self.layout, self._referee.done)
        if goal is not None and goal != self.goal:
            self.goal = goal
            self._arrived.append(Event(self.now_ns, GOAL, goal))

    def _sense(self) -> None:
        tick, arrived = self.tick, self._arrived
        for feed in self._feeds:
            feed.sense(tick, arrived)


class _Feed:
    """One sensor with its delivery, for the length of a compiled model."""

    def __init__(self, key: str, probe: Probe) -> None:
        self.key, self.probe = key, probe

    def begin(self, sensor: Sensor, layout: Layout, seed: int) -> None:
        """Begin a flight."""
        self._delivery = Delivery(sensor, stream(seed, f"delivery.{self.key}"), TICK_S)
        self._late: deque[tuple[int, Any]] = deque()
        self.probe.begin(sensor, layout, stream(seed, f"sensors.{self.key}"))

    def sense(self, tick: int, arrived: list[Event]) -> None:
        """Measure if it is time, and append what arrives at this tick."""
        late = self._late
        if tick >= self._delivery.next_tick and self._delivery.due(tick):
            value = self.probe.measure(tick * TICK_NS)
            late.append((tick + self._delivery.delay_ticks, value))
        while late and late[0][0] <= tick:
            arrived.append(Event(tick * TICK_NS, self.key, late.popleft()[1]))
