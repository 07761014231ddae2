"""A person takes over while they hold a button, and gives back when they let go."""

from itertools import pairwise

import pytest
from pilots import MS, Says, frame, imu, tick

from liquid_control.contract import PERSON, Command, Event, Reading
from liquid_control.pipeline import Pilot, PilotStep
from liquid_control.policy import load_policy
from liquid_control.record.recorder import Recorder
from liquid_control.record.recording import open_recording
from liquid_control.record.replay import replay
from liquid_control.safety.faults import Fault, Problem
from liquid_control.safety.gate import Mode

AHEAD = (1.0, 0.0, 0.0, 0.5)
"""What the policy says at every frame."""
BACK = (-1.0, 0.5, 0.0, 0.0)
"""What the person says."""


def sticks(ms, values=BACK, held=1.0):
    return Event(ms * MS, PERSON, Reading(ms * MS, (held, *values)))


def released(ms):
    return sticks(ms, (0.0,) * 4, held=0.0)


def frames(first_ms, last_ms):
    """Return a camera at 20 Hz with its IMU."""
    return [
        e
        for ms in range(first_ms, last_ms, 50)
        for e in (imu(ms, gyro=(1e-6 * ms, 0.0, 0.0)), frame(ms))
    ]


def held(first_ms, last_ms):
    """Return sticks at 50 Hz."""
    return [sticks(ms) for ms in range(first_ms, last_ms, 20)]


def fly(events, pilot=None):
    """Return the steps of events in the order of their time."""
    pilot = pilot or Pilot(Says(lambda _: Command(AHEAD)))
    steps = [pilot.take(event) for event in sorted(events, key=lambda e: e.now_ns)]
    return [step for step in steps if step is not None]


def flown(steps: list[PilotStep]):
    """Return who flew, each once in a row."""
    names = [step.flown_by for step in steps if step.command is not None]
    return [a for a, b in pairwise([*names, None]) if a != b]


def test_the_person_flies_while_the_button_is_held_and_the_policy_before_and_after():
    steps = fly([*frames(0, 3000), *held(1000, 2000), released(2000)])
    assert flown(steps) == ["policy", "person", "policy"]
    assert steps[-1].command.values == pytest.approx(AHEAD)
    in_between = [s for s in steps if s.flown_by == "person"]
    assert in_between[-1].command.values == pytest.approx(BACK)


def test_sticks_that_are_moved_without_the_button_do_nothing():
    events = [sticks(ms, held=0.0) for ms in range(0, 1000, 20)]
    assert flown(fly([*frames(0, 1000), *events])) == ["policy"]


def test_neither_taking_over_nor_giving_back_is_a_step_of_the_command():
    pilot = Pilot(Says(lambda _: Command(AHEAD)))
    events = sorted([*frames(0, 3000), *held(1000, 2000), released(2000)], key=lambda e: e.now_ns)
    last = None
    for event in events:
        step = pilot.take(event)
        if step is None or step.command is None:
            continue
        if last is not None:
            for old, new, rate in zip(
                last[1].values, step.command.values, pilot.limits.rates, strict=True
            ):
                assert abs(new - old) <= rate * (event.now_ns - last[0]) / 1e9 + 1e-9
        last = event.now_ns, step.command


def test_the_policy_sees_the_whole_flight_and_so_remembers_it_when_it_has_the_vehicle_again():
    pilot = Pilot(Says(lambda _: Command(AHEAD)))
    steps = fly([*frames(0, 2000), *held(500, 1500), released(1500)], pilot)
    answered = [s for s in steps if s.observation is not None]
    assert len(pilot.policy.seen) == len(answered) == 40
    assert any(s.flown_by == "person" for s in answered)


def test_a_person_flies_on_where_the_camera_has_failed_and_the_gate_brakes_when_they_let_go():
    ticks = [tick(ms) for ms in range(0, 3000, 50)]
    steps = fly([*frames(0, 500), *ticks, *held(600, 2000), released(2000)])
    assert flown(steps) == ["policy", "person", "gate"]
    assert steps[-1].fault is Fault.CAMERA_STALE


def test_a_person_who_takes_over_before_the_policy_has_said_anything_flies():
    assert flown(fly(held(0, 500))) == ["person"]


def test_sticks_that_fall_silent_while_held_brake_until_they_are_heard_again():
    steps = fly([*frames(0, 3000), *held(1000, 1500), released(2500)])
    assert flown(steps) == ["policy", "person", "gate", "policy"]
    assert {s.fault for s in steps} == {None, Fault.PERSON_LOST}
    assert steps[-1].mode is Mode.ACTIVE


def test_sticks_that_fall_silent_with_the_camera_are_still_a_brake():
    ticks = [tick(ms) for ms in range(0, 2500, 50)]
    steps = fly([*frames(0, 1000), *held(500, 1500), *ticks])
    assert steps[-1].fault is Fault.PERSON_LOST
    assert steps[-1].command.values == (0.0,) * 4


def test_sticks_that_cannot_be_read_brake_and_say_so():
    broken = Event(1000 * MS, PERSON, Problem(Fault.PERSON_INVALID, "no button 4"))
    steps = fly([*frames(0, 2000), broken])
    assert flown(steps) == ["policy", "gate"]
    assert "no button 4" in str(steps[-1].problem)


@pytest.mark.parametrize("values", [(float("nan"), 0.0, 0.0, 0.0), (0.0,), (0.0,) * 5])
def test_what_is_no_command_is_not_flown(values):
    steps = fly([*frames(0, 300), *(sticks(ms, values) for ms in range(300, 500, 20))])
    assert steps[-1].fault is Fault.PERSON_INVALID


def test_a_person_may_go_no_further_than_the_card_and_the_operator_allow():
    pilot = Pilot(Says())
    steps = fly([sticks(ms, (99.0, -99.0, 0.0, 0.0)) for ms in range(0, 2000, 20)], pilot)
    for value, low, high in zip(
        steps[-1].command.values, pilot.limits.lows, pilot.limits.highs, strict=True
    ):
        assert low <= value <= high


def test_a_failsafe_stays_a_failsafe():
    """The autopilot has the vehicle by then: only a new activation gives it back."""
    ticks = [tick(ms) for ms in range(0, 9000, 50)]
    steps = fly([*frames(0, 500), *ticks, *held(8000, 9000)])
    assert steps[-1].mode is Mode.FAILSAFE and steps[-1].command is None


def test_a_clock_that_goes_back_gives_the_vehicle_to_nobody_until_the_sticks_are_heard():
    pilot = Pilot(Says(lambda _: Command(AHEAD)))
    fly([*frames(50_000, 51_000), *held(50_500, 51_000)], pilot)
    back = pilot.take(tick(1000))
    assert back.fault is Fault.CLOCK_BACK and back.command is None
    assert flown(fly(held(1100, 1400), pilot)) == ["person"]


def test_an_intervention_is_marked_in_the_recording_and_replays_to_the_same_commands(
    tmp_path, tiny_policy_path
):
    pilot = Pilot(load_policy(tiny_policy_path))
    recorder = Recorder(tmp_path / "a.mcap", pilot, tiny_policy_path)
    recorder.begin()
    for event in sorted(
        [*frames(30_000, 33_000), *held(31_000, 32_000), released(32_000)], key=lambda e: e.now_ns
    ):
        recorder.add(event, pilot.take(event))
    recorder.close()
    recording = open_recording(recorder.path)
    by = [m.step.flown_by for m in recording.moments() if m.step and m.step.stamp_ns is not None]
    assert set(by) == {"policy", "person"} and by.count("person") == 20
    assert replay(recording).different == 0
