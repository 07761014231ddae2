"""Whatever events arrive: what is published is safe, and the same events give the same flight."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pilots import GRAVITY, MS, Legal, Says, picture

from liquid_control.contract import (
    NANOSECONDS,
    PERSON,
    TICK,
    Command,
    Event,
    Frame,
    ImuSample,
    Intrinsics,
    Reading,
)
from liquid_control.pipeline import Pilot, PilotStep
from liquid_control.policy import load_policy
from liquid_control.safety.faults import Fault, Problem
from liquid_control.safety.gate import Mode
from liquid_control.safety.settings import SafetySettings

IMAGES = [*map(picture, range(20)), *[np.full((8 * n, 8 * n, 3), n, np.uint8) for n in range(9)]]

SETTINGS = SafetySettings(failsafe_after_s=0.5)
LENSES = [None, None, Intrinsics(57.0, 57.0, 48.0, 32.0), Intrinsics(0.0, 0.0, 0.0, 0.0)]

delta_ms = st.integers(0, 60) | st.sampled_from([-20_000, -300, -50, 501, 1200, 6000])
age_ms = st.integers(-20, 80) | st.sampled_from([-5000, -490, 0, 250, 700, 20_000, 10**9])
number = st.floats(-20, 20) | st.floats(allow_nan=True, allow_infinity=True)
frames = st.builds(
    Frame, st.just(0), st.sampled_from(IMAGES), st.sampled_from(LENSES), st.sampled_from(["", "b"])
)
samples = st.builds(ImuSample, st.just(0), *[st.tuples(*[number] * 3)] * 2)
problems = st.builds(Problem, st.sampled_from(list(Fault)))
wants = st.tuples(st.sampled_from([0.0, 1.0, 1.0]), *[st.floats(-1, 1) | number] * 4)
sticks = st.builds(Reading, st.just(0), wants | st.tuples(st.just(1.0), number))
odd = st.tuples(
    st.tuples(st.just("image"), frames | problems)
    | st.tuples(st.just("imu"), samples | problems)
    | st.tuples(st.just(PERSON), sticks | problems)
    | st.just((TICK, None)),
    delta_ms,
    age_ms,
)
sound = st.tuples(st.integers(1, 12), st.sampled_from([20, 33, 50]), st.integers(0, 60))


def flight_of(parts: list[tuple]) -> list[Event]:
    """Return stretches of a sound flight, with whatever else happens between them."""
    now_ms, events = 30_000, []
    for part in parts:
        if isinstance(part[0], int):
            count, every_ms, late_ms = part
            for _ in range(count):
                now_ms += every_ms
                taken_ms = now_ms - late_ms
                gyro = (1e-3 * (taken_ms % 97), 0.0, 0.0)
                image = Frame(taken_ms * MS, picture(taken_ms))
                events.append(Event(now_ms * MS, "image", image))
                events.append(Event(now_ms * MS, "imu", ImuSample(taken_ms * MS, gyro, GRAVITY)))
                events.append(Event(now_ms * MS + 1, TICK))
        else:
            (source, value), delta, age = part
            now_ms = max(0, now_ms + delta)
            if isinstance(value, Frame | ImuSample):
                value = replace(value, stamp_ns=(now_ms - age) * MS)
            events.append(Event(now_ms * MS, source, value))
    return events


flights = st.tuples(sound, st.lists(odd | odd | sound, min_size=4, max_size=16)).map(
    lambda parts: flight_of([parts[0], *parts[1]])
)
said = st.lists(st.tuples(*[st.floats(-1.0, 1.0) | number] * 4).map(Command), min_size=1)


@pytest.fixture(scope="module")
def pilot(tiny_policy_path) -> Pilot:
    return Pilot(load_policy(tiny_policy_path), SETTINGS)


@pytest.fixture(scope="module")
def other(tiny_policy_path) -> Pilot:
    return Pilot(load_policy(tiny_policy_path), SETTINGS)


def fly(pilot: Pilot, events: list[Event]) -> list[PilotStep | None]:
    pilot.reset()
    return [pilot.take(event) for event in events]


def decided(step: PilotStep | None) -> object:
    """Return all of a step but the time that it took."""
    if step is None:
        return None
    inputs = step.observation and {k: v.tobytes() for k, v in step.observation.values.items()}
    return (
        *(step.command, step.mode, step.problem, step.stamp_ns, step.dt_s, step.dropped),
        *(dict(step.ages_s), inputs),
    )


@given(events=flights, commands=said)
@hypothesis_settings(max_examples=300)
def test_whatever_is_published_is_finite_inside_the_limits_and_slew_legal(events, commands):
    turn = itertools.cycle(commands)
    pilot = Pilot(Says(lambda _: next(turn)), SETTINGS)
    legal = Legal(pilot)
    for event in events:
        hung_ns = event.now_ns - (pilot.observer.now_ns or event.now_ns)
        step = pilot.take(event)
        if hung_ns > SETTINGS.hung_after_s * NANOSECONDS:
            legal.begin(event.now_ns)  # at rest: what was said before a hang is past
        legal.pass_time(event.now_ns)
        if step is not None and step.fault is Fault.CLOCK_BACK and step.mode is Mode.STANDBY:
            legal.begin(event.now_ns)
        if step is None or step.command is None:
            continue
        assert step.mode in (Mode.ACTIVE, Mode.DEGRADED) and step.mode is pilot.gate.mode
        assert (step.problem is None) == (step.mode is Mode.ACTIVE)
        legal.judge(step.command)


@given(events=flights)
@hypothesis_settings(max_examples=100)
def test_the_same_events_replay_to_the_same_steps_bit_for_bit(pilot, other, events):
    first = [decided(step) for step in fly(pilot, events)]
    assert [decided(step) for step in fly(other, events)] == first


@given(events=flights)
@hypothesis_settings(max_examples=100)
def test_reset_repeats_the_flight(pilot, events):
    first = [decided(step) for step in fly(pilot, events)]
    assert [decided(step) for step in fly(pilot, events)] == first


@given(events=flights)
def test_no_event_makes_the_policy_see_what_is_not_in_its_card(pilot, events):
    for step in fly(pilot, events):
        if step is not None and step.observation is not None:
            for name, wanted in pilot.policy.card.inputs.items():
                found = step.observation.values[name]
                assert found.shape == wanted.shape and found.dtype == wanted.dtype
                assert np.isfinite(found).all()
            assert step.dt_s > 0 and step.ages_s["image"] <= 0.5
            assert step.ages_s["imu"] <= 0.2


def test_those_flights_are_flown_and_braked():
    """Guard the tests above: a flight in which nothing is published would pass them all."""
    modes: Counter[tuple[Mode, Fault | None]] = Counter()

    @given(events=flights)
    @hypothesis_settings(max_examples=100)
    def count(events: list[Event]) -> None:
        modes.update(
            (s.mode, s.fault) for s in fly(Pilot(Says(), SETTINGS), events) if s is not None
        )

    count()
    assert modes[Mode.ACTIVE, None] > 500
    assert sum(n for (mode, _), n in modes.items() if mode is Mode.DEGRADED) > 50
    assert sum(n for (mode, _), n in modes.items() if mode is Mode.FAILSAFE) > 5
    assert len({fault for _, fault in modes}) > 8


def test_a_message_storm_neither_grows_the_queues_nor_loses_the_flight(pilot):
    events, taken_ns = [], 0
    for i in range(3000):
        taken_ns = i * NANOSECONDS // 2000
        events.append(Event(taken_ns, "image", Frame(taken_ns, picture(i))))
        if i % 10 == 0:
            events.append(Event(taken_ns, "imu", ImuSample(taken_ns, (1e-6 * i, 0, 0), GRAVITY)))
    steps = [step for step in fly(pilot, events) if step is not None]
    assert len(steps) > 0.5 * 3000
    assert all(step.mode is Mode.ACTIVE for step in steps)
