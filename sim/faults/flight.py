"""Fly with an injected fault, and say when it was found, what was done and what was hit."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec

from liquid_control.contract import (
    NANOSECONDS,
    PLACE,
    TICK,
    Command,
    Event,
    Observation,
    Reading,
)
from liquid_control.errors import BundleError
from liquid_control.pipeline import Pilot, PilotStep
from liquid_control.policy import Steps, load_policy
from liquid_control.safety.faults import Fault
from liquid_control.safety.gate import Mode

from ..flight import Flight, fly
from ..settings import WorldSettings
from ..tasks import Outcome
from ..world import World
from .injection import Injection

WATCHED_S = 8.0
"""How long a flight goes on after the fault: past ``failsafe_after_s``."""


@dataclass(frozen=True)
class Injected:
    """What came of one flight with a fault.

    Attributes:
        seed: of the flight.
        found: the faults after the injection, each once, in the order of appearance.
        after_s: how long after the injection the first was found, which is when the pilot brakes.
        rest_s: how long after it the command was that of rest, for good; NaN where it never was.
        mode: of the pilot at the end.
        said: the line that an operator reads of the injected one.
        touched: what was hit after the injection; empty if nothing was.
        ended: whether the flight ended before anything could be found.
    """

    seed: int
    found: tuple[Fault, ...]
    after_s: float
    rest_s: float
    mode: Mode
    said: str
    touched: str
    ended: bool = False

    def as_wanted(self, injection: Injection) -> bool:
        """Return whether it was found by its word, or flown on with where there is none."""
        if injection.signal is not None:
            return not math.isnan(self.rest_s)
        if injection.fault is None:
            return self.mode is Mode.ACTIVE
        return injection.fault in self.found

    def to_json(self) -> str:
        """Return it as one line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Injected:
        """Return what ``to_json`` wrote."""
        data = json.loads(line)
        found, mode = tuple(map(Fault, data["found"])), Mode(data["mode"])
        return cls(**{**data, "found": found, "mode": mode})


class Spoiled:
    """What happens to a flight from a moment on, and what the pilot does about it.

    Args:
        injection: the fault.
        world: in which is flown.
        at_s: when it begins.
    """

    def __init__(self, injection: Injection, world: World, at_s: float) -> None:
        self._injection, self._world, self._at_s = injection, world, at_s
        self._spoil = injection.events()
        self._found: dict[Fault, tuple[float, str]] = {}
        self._rest_s, self._mode = math.nan, Mode.STANDBY
        self.begun = self._sent = False

    def arrive(self, events: list[Event]) -> Iterator[Event]:
        """Yield what arrives of what has happened."""
        self.begun = self.begun or self._world.now_ns >= self._at_s * NANOSECONDS
        for event in [*self._place(events), *events]:
            left = self._spoil(event) if self.begun else event
            if left is not None:
                yield left

    def _place(self, events: list[Event]) -> list[Event]:
        """Return what the odometry of a fence says, as often as the watchdog looks."""
        now_ns = self._world.now_ns
        if self._injection.fence is None or all(event.source != TICK for event in events):
            return []
        truth = self._world.truth()
        _, x, y, _ = truth.quaternion
        lean_rad = math.acos(min(1.0, max(-1.0, 1.0 - 2.0 * (x * x + y * y))))
        return [Event(now_ns, PLACE, Reading(now_ns, (*truth.position_m, lean_rad)))]

    def watch(self, step: PilotStep) -> None:
        """Take what the pilot decided."""
        self._mode = step.mode
        self.flown(step.command)
        if self.begun and step.problem is not None:
            self._found.setdefault(step.problem.fault, (self._after_s(), str(step.problem)))

    def flown(self, command: Command | None) -> None:
        """Take what is flown from now on; None is silence, in which the vehicle rests."""
        rest = self._world.settings.vehicle.command.rest
        if not self.begun or (command is not None and command.values != rest.values):
            self._rest_s = math.nan
        elif math.isnan(self._rest_s):
            self._rest_s = self._after_s()

    def end(self, process: int) -> None:
        """Send the pilot's process the fault's signal, once it is time."""
        if self._injection.signal is not None and self.begun and not self._sent:
            self._sent = True
            os.kill(process, self._injection.signal)

    def _after_s(self) -> float:
        return self._world.now_ns / NANOSECONDS - self._at_s

    def result(self, flight: Flight) -> Injected:
        """Return what came of the flight."""
        verdict, injection = flight.verdict, self._injection
        shows = injection.fault is not None or injection.signal is not None
        unseen = shows and not self._found and math.isnan(self._rest_s)
        said = self._found.get(injection.fault) if injection.fault is not None else None
        return Injected(
            flight.seed,
            tuple(self._found),
            min((after for after, _ in self._found.values()), default=math.nan),
            self._rest_s,
            self._mode,
            "" if said is None else said[1],
            verdict.touched if self.begun and verdict.outcome is Outcome.COLLISION else "",
            not self.begun or (unseen and verdict.outcome is Outcome.SUCCESS),
        )


class _Faulty:
    """A policy whose commands are spoilt once a fault has begun."""

    def __init__(self, policy: Steps, injection: Injection, spoiled: Spoiled) -> None:
        self.card, self._policy = policy.card, policy
        self.sha256 = getattr(policy, "sha256", "")
        self._change, self._spoiled = injection.command, spoiled

    def reset(self) -> None:
        self._policy.reset()

    def step(self, observation: Observation) -> Command:
        command = self._policy.step(observation)
        spoils = self._change is not None and self._spoiled.begun
        return self._change(command) if spoils else command  # type: ignore[misc]


def inject(world: World, policy: Steps, injection: Injection, seed: int, at_s: float) -> Injected:
    """Fly a policy and let a fault begin at a time of the flight.

    Args:
        world: where to fly.
        policy: what flies.
        injection: of events or commands.
        seed: of the flight.
        at_s: when the fault begins.
    """
    spoiled = Spoiled(injection, world, at_s)
    pilot = Pilot(_Faulty(policy, injection, spoiled), fence=injection.fence)
    return spoiled.result(fly(world, pilot, seed, on_step=spoiled.watch, arrive=spoiled.arrive))


def refused(path: Path, injection: Injection) -> str:
    """Return why a spoilt copy of a policy file is refused; empty if it would be flown."""
    assert injection.model is not None
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_bytes(injection.model(path.read_bytes()))
        try:
            load_policy(copy)
        except BundleError as error:
            return str(error).replace(f"{folder}/", "")
    return ""


def shortened(settings: WorldSettings, at_s: float) -> WorldSettings:
    """Return a world whose flights end a while after a fault, where its task has a time limit."""
    limit_s = getattr(settings.task, "time_limit_s", None)
    if limit_s is None:
        return settings
    task = msgspec.structs.replace(settings.task, time_limit_s=min(limit_s, at_s + WATCHED_S))
    return msgspec.structs.replace(settings, task=task)
