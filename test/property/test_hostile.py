"""Ten thousand messages that no sound robot sends, between others that one does."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from pilots import GRAVITY, MS, Legal, picture

from liquid_control.contract import (
    NANOSECONDS,
    PERSON,
    TICK,
    Event,
    Frame,
    Goal,
    ImuSample,
    Intrinsics,
    Reading,
)
from liquid_control.pipeline import Pilot
from liquid_control.policy import load_policy
from liquid_control.safety.faults import Fault, Problem
from liquid_control.safety.gate import Mode
from liquid_control.safety.settings import SafetySettings
from liquid_control.share import share_file

COUNT = 10_000
ODD = (0.0, -0.0, 1e-300, 1e30, -1e308, np.nan, np.inf, -np.inf, 9.81, 69.9, 71.0, -320.1)
FAR_NS = (0, -1, 2**62, -(2**62), 10**18, NANOSECONDS, -NANOSECONDS)
FAULTS = list(Fault)


class Hostile:
    """Draws messages: whatever a driver, a network or a person could get wrong."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def pick(self, things):
        return things[int(self.rng.integers(len(things)))]

    def number(self) -> float:
        return self.pick(ODD) if self.rng.random() < 0.5 else float(self.rng.normal(0, 20))

    def numbers(self, count: int) -> tuple[float, ...]:
        return tuple(self.number() for _ in range(count))

    def stamp_ns(self, now_ns: int) -> int:
        if self.rng.random() < 0.2:
            return self.pick(FAR_NS)
        return now_ns + int(self.rng.integers(-3000, 1000)) * MS

    def image(self) -> np.ndarray:
        height, width = (int(n) for n in self.rng.choice([0, 1, 2, 31, 64, 97, 480], 2))
        shape = self.pick([(height, width, 3), (height, width), (height, width, 4), (0,), ()])
        return np.zeros(shape, self.pick([np.uint8, np.uint16, np.float32, bool]))

    def lens(self) -> Intrinsics | None:
        return None if self.rng.random() < 0.3 else Intrinsics(*self.numbers(4))

    def value(self, now_ns: int):
        stamp_ns = self.stamp_ns(now_ns)
        return self.pick(
            [
                lambda: ("image", Frame(stamp_ns, self.image(), self.lens(), self.pick("ab"))),
                lambda: ("image", Frame(stamp_ns, picture(stamp_ns % 50), self.lens())),
                lambda: ("imu", ImuSample(stamp_ns, self.numbers(3), self.numbers(3))),
                lambda: ("goal", Goal(*(self.pick(["", "barrel", "\n", "é" * 99]),) * 3)),
                lambda: (PERSON, Reading(stamp_ns, self.numbers(int(self.rng.integers(1, 7))))),
                lambda: (PERSON, Reading(stamp_ns, (1.0, *self.numbers(4)))),
                lambda: (self.pick(["image", "imu", "goal"]), Problem(self.pick(FAULTS), "?")),
                lambda: (self.pick(["", "tick", "lidar", "dt"]), None),
            ]
        )()

    def now_ns(self, now_ns: int) -> int:
        """Return the next present: mostly a little later, at times far away, or before."""
        if self.rng.random() < 0.003:
            return self.pick([now_ns - 5 * NANOSECONDS, now_ns + 90 * NANOSECONDS, 2**61, 7])
        return now_ns + int(self.rng.integers(0, 30)) * MS


def sound(now_ns: int) -> list[Event]:
    """Return what a robot sends at a moment: order, inertial sample, frame, watchdog."""
    gyro = (1e-4 * (now_ns // MS % 97), 0.0, 0.0)
    return [
        Event(now_ns, "goal", Goal("barrel", "blue")),
        Event(now_ns, "imu", ImuSample(now_ns, gyro, GRAVITY)),
        Event(now_ns, "image", Frame(now_ns, picture(now_ns // MS % 60_000))),
        Event(now_ns, PERSON, Reading(now_ns, (0.0, 0.0, 0.0, 0.0, 0.0))),
        Event(now_ns, TICK),
    ]


def messages(seed: int):
    """Yield hostile messages with stretches of a sound flight between them."""
    hostile, now_ns, count = Hostile(seed), 100 * NANOSECONDS, 0
    while count < COUNT:
        if hostile.rng.random() < 0.2:
            for _ in range(int(hostile.rng.integers(1, 8))):
                now_ns += 50 * MS
                yield from ((event, False) for event in sound(now_ns))
        for _ in range(int(hostile.rng.integers(1, 12))):
            now_ns = hostile.now_ns(now_ns)
            yield Event(now_ns, *hostile.value(now_ns)), True
            count += 1
        if not 0 < now_ns < 2**60:
            now_ns = 100 * NANOSECONDS


@pytest.fixture(scope="module")
def policy():
    return load_policy(share_file("models/pilot_cfc.onnx"))


def test_ten_thousand_hostile_messages_neither_crash_a_pilot_nor_move_it_illegally(policy):
    pilot = Pilot(policy, SafetySettings(failsafe_after_s=60.0))
    legal, hostile, seen = Legal(pilot), 0, Counter()
    for event, is_hostile in messages(seed=0):
        hostile += is_hostile
        step = pilot.take(event)
        legal.pass_time(event.now_ns)
        if step is None:
            continue
        seen[step.mode, step.fault] += 1
        if step.mode is Mode.STANDBY:
            legal.begin(event.now_ns)
        if step.mode is Mode.FAILSAFE:
            assert step.command is None
            pilot.reset()
            legal.begin(event.now_ns)
        if step.command is not None:
            legal.judge(step.command)
    assert hostile >= COUNT
    assert seen[Mode.ACTIVE, None] > 1000, "it does fly between them"
    assert len({fault for _, fault in seen}) > 15
