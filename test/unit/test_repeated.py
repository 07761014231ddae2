"""A policy file that says the same for too long is braked; code of one's own may."""

import pytest
from pilots import MS, Says, frame, imu

from liquid_control.contract import NANOSECONDS, STOP, Command, velocity
from liquid_control.pipeline import Pilot
from liquid_control.safety.faults import Fault
from liquid_control.safety.gate import Mode
from liquid_control.safety.repeated import Repeated
from liquid_control.safety.settings import SafetySettings


def after(commands) -> Repeated:
    """Return what there is after a command every 50 ms."""
    said = Repeated()
    for i, command in enumerate(commands):
        said = said.take(command, 50 * i * MS)
    return said


def test_a_command_is_stuck_once_it_has_been_said_for_longer_than_it_may():
    said = after([velocity(0.5)] * 41)
    assert said.problem(2 * NANOSECONDS, STOP, 2.0) is None
    found = said.problem(2 * NANOSECONDS + 1, STOP, 2.0)
    assert found.fault is Fault.COMMAND_STUCK and "0.5, 0, 0, 0 for 2.0 s" in found.detail


def test_one_bit_makes_another_command():
    said = after([velocity(0.5)] * 40 + [velocity(0.5 + 2**-40)])
    assert said.problem(3 * NANOSECONDS, STOP, 2.0) is None


def test_rest_may_be_said_for_ever():
    assert after([STOP] * 400).problem(20 * NANOSECONDS, STOP, 2.0) is None


def test_nothing_has_been_said_before_the_first_command():
    assert Repeated().problem(60 * NANOSECONDS, STOP, 2.0) is None


def flown(pilot: Pilot, until_ms: int, start_ms: int = 0) -> list:
    steps = []
    for ms in range(start_ms, until_ms, 50):
        pilot.take(imu(ms, gyro=(1e-4 * (ms % 97), 0.0, 0.0)))
        steps.append(pilot.take(frame(ms)))
    return steps


def file_saying(say) -> Pilot:
    policy = Says(say)
    policy.sha256 = "of a file"
    return Pilot(policy, SafetySettings(stuck_after_s=1.0))


def test_a_policy_file_that_repeats_itself_is_braked_until_it_says_something_else():
    words = [Command((0.5, 0.0, 0.0, 0.0))] * 30 + [Command((0.4, 0.0, 0.0, 0.0))] * 5
    turn = iter(words)
    steps = flown(file_saying(lambda _: next(turn)), 50 * len(words))
    assert [s.fault for s in steps] == [None] * 21 + [Fault.COMMAND_STUCK] * 9 + [None] * 5
    assert steps[29].command == STOP and steps[-1].mode is Mode.ACTIVE


@pytest.mark.parametrize("again", ["reset", "clock back"])
def test_what_was_said_before_a_flight_does_not_count(again):
    pilot = file_saying(lambda _: velocity(0.5))
    flown(pilot, 900 + 5000, start_ms=5000)
    if again == "reset":
        pilot.reset()
        start_ms = 5900
    else:
        start_ms = 4000
    steps = flown(pilot, start_ms + 900, start_ms)
    assert all(s is None or s.fault in (None, Fault.CLOCK_BACK) for s in steps)


def test_code_of_ones_own_may_repeat_itself():
    pilot = Pilot(Says(lambda _: velocity(0.5)), SafetySettings(stuck_after_s=1.0))
    assert all(step.fault is None for step in flown(pilot, 4000))
