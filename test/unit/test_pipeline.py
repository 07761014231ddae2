"""One way from events to a safe command: what the pilot publishes, and when it is silent."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from pilots import CARD, MS, Says, frame, imu, tick

from liquid_control.contract import STOP, Command, Event, Observation
from liquid_control.contract.command import replace_limits
from liquid_control.pipeline import Pilot, PilotStep
from liquid_control.policy import load_policy
from liquid_control.safety.faults import Fault, Problem
from liquid_control.safety.gate import Gate, Mode
from liquid_control.safety.limits import OPERATOR_TOP, Limits
from liquid_control.safety.settings import SafetySettings

PERIOD_MS = 50
FORWARD = Command((1.0, 0.0, 0.0, 0.5))


def step(pilot: Pilot, ms: int, now_ms: int | None = None, **changes) -> PilotStep:
    """Give the pilot one inertial sample and one frame of the same moment."""
    noise = 1e-3 * (ms % 7)
    assert pilot.take(imu(ms, now_ms, gyro=(noise, 0.0, 0.0))) is None
    return pilot.take(frame(ms, now_ms, **changes))


def fly(pilot: Pilot, frames: int, start_ms: int = 0) -> tuple[PilotStep, int]:
    """Fly frames of 50 ms; return the last step and the time of its frame in milliseconds."""
    for i in range(frames):
        last = step(pilot, start_ms + PERIOD_MS * i)
    return last, start_ms + PERIOD_MS * (frames - 1)


def speed(command: Command) -> float:
    return sum(map(abs, command.values))


def saying(say: Callable[[Observation], object]) -> Pilot:
    return Pilot(Says(say))


@pytest.fixture
def pilot() -> Pilot:
    return Pilot(Says())


# --- a frame that is flown


def test_the_first_frame_is_flown(pilot):
    first = step(pilot, 700, 712)
    assert first.mode is Mode.ACTIVE and first.problem is None and first.fault is None
    assert first.command not in (None, STOP)
    assert first.stamp_ns == 700 * MS
    assert first.dt_s == CARD.timing.nominal_dt_s
    assert first.ages_s == {"image": pytest.approx(0.012), "imu": 0.0}
    assert first.policy_ms > 0.0
    assert first.observation is pilot.policy.seen[0]


def test_the_policy_is_given_the_time_between_the_frames(pilot):
    step(pilot, 0)
    assert step(pilot, 83).dt_s == pytest.approx(0.083)


def test_a_slow_change_is_flown_exactly_as_the_policy_says(tiny_policy_path):
    pilot, policy = Pilot(load_policy(tiny_policy_path)), load_policy(tiny_policy_path)
    last, _ = fly(pilot, 40)
    reference = Pilot(Says())
    fly(reference, 40)
    for observation in reference.policy.seen:
        said = policy.step(observation)
    assert last.command.values == pytest.approx(said.values, abs=1e-12)


def test_an_event_that_decides_nothing_gives_no_step(pilot):
    assert pilot.take(tick(0)) is None
    assert pilot.take(imu(0)) is None
    assert pilot.take(Event(0, "odometry", None)) is None


# --- no news


@pytest.mark.parametrize("age_ms", [0, 1, 50, 100])
def test_the_pilot_never_steps_on_a_frame_that_is_not_newer(pilot, age_ms):
    _, newest_ms = fly(pilot, 4)
    gate, steps = pilot.gate, len(pilot.policy.seen)
    assert pilot.take(frame(newest_ms - age_ms, newest_ms + 10)) is None
    assert pilot.gate == gate and len(pilot.policy.seen) == steps


def test_frames_that_are_no_news_are_counted_until_the_reset(pilot):
    _, newest_ms = fly(pilot, 2)
    for _ in range(3):
        pilot.take(frame(newest_ms, newest_ms + 10))
    assert step(pilot, newest_ms + PERIOD_MS).dropped == 3
    pilot.reset()
    assert step(pilot, 0).dropped == 0


# --- the watchdog


def test_the_watchdog_leaves_the_last_decision_while_frames_are_fresh(pilot):
    _, newest_ms = fly(pilot, 3)
    gate = pilot.gate
    assert pilot.take(tick(newest_ms + 500)) is None
    assert pilot.gate == gate and gate.mode is Mode.ACTIVE


def test_the_watchdog_brakes_to_zero_when_frames_stop(pilot):
    last, newest_ms = fly(pilot, 40)
    speeds = [np.abs(last.command.values)]
    for i in range(30):
        watched = pilot.take(tick(newest_ms + 501 + PERIOD_MS * i))
        assert watched.mode is Mode.DEGRADED and watched.fault is Fault.CAMERA_STALE
        speeds.append(np.abs(watched.command.values))
    assert (np.diff(speeds, axis=0) <= 0.0).all()
    assert speeds[0].any() and watched.command == STOP


def test_a_frame_stamped_490_ms_ahead_does_not_delay_the_brake():
    def braked_after_ms(*frames: Event) -> int:
        pilot = Pilot(Says())
        _, newest_ms = fly(pilot, 40)
        for event in frames:
            pilot.take(replace(event, now_ns=newest_ms * MS + 1))
        answers = ((ms, pilot.take(tick(newest_ms + ms))) for ms in range(5, 2000, 5))
        stale = (ms for ms, s in answers if s is not None and s.fault is Fault.CAMERA_STALE)
        return next(stale)

    ahead = frame(39 * PERIOD_MS + 490)
    assert braked_after_ms(ahead) == braked_after_ms() == 505


def test_a_brake_goes_on_with_the_watchdog_when_nothing_more_arrives(pilot):
    last, newest_ms = fly(pilot, 40)
    braking = step(pilot, newest_ms + 50, image=np.zeros((1, 1, 3), np.uint8))
    speeds = [speed(last.command), speed(braking.command)]
    for ms in range(100, 450, 50):
        watched = pilot.take(tick(newest_ms + ms))
        assert watched.fault is Fault.CAMERA_TINY, "what began it, not what may follow"
        speeds.append(speed(watched.command))
    assert (np.diff(speeds)[: speeds.index(0.0)] < 0.0).all() and speeds[-1] == 0.0


def test_the_watchdog_falls_silent_for_good_when_frames_stay_away(pilot):
    _, newest_ms = fly(pilot, 3)
    pilot.take(tick(newest_ms + 501))
    silent = pilot.take(tick(newest_ms + 501 + 5000))
    assert silent.mode is Mode.FAILSAFE and silent.command is None
    steps = len(pilot.policy.seen)
    later = step(pilot, newest_ms + 6000)
    assert later.mode is Mode.FAILSAFE and later.command is None
    assert later.problem == silent.problem
    assert len(pilot.policy.seen) == steps, "a policy that cannot be flown is not run"


def test_flight_goes_on_when_the_frames_come_back(pilot):
    _, newest_ms = fly(pilot, 3)
    pilot.take(tick(newest_ms + 700))
    back = step(pilot, newest_ms + 750)
    assert back.mode is Mode.ACTIVE and back.problem is None
    assert back.dt_s == pytest.approx(0.75)


def test_a_camera_that_never_came_is_reported_and_nothing_is_published(pilot):
    assert pilot.take(tick(9000)) is None
    assert pilot.take(tick(9500)) is None
    late = pilot.take(tick(9501))
    assert late.fault is Fault.CAMERA_MISSING
    assert late.mode is Mode.STANDBY and late.command is None


# --- a clock that goes back


@pytest.mark.parametrize("mode", [Mode.ACTIVE, Mode.DEGRADED])
def test_a_simulation_that_begins_anew_is_flown_anew_and_not_a_failsafe_for_good(pilot, mode):
    fresh = [step(Pilot(Says()), 0).command]
    _, newest_ms = fly(pilot, 200)
    if mode is Mode.DEGRADED:
        pilot.take(tick(newest_ms + 501))
    assert pilot.gate.mode is mode
    resets = pilot.policy.resets
    back = pilot.take(tick(0))
    assert back.fault is Fault.CLOCK_BACK and back.command is None
    assert back.mode is Mode.STANDBY and pilot.policy.resets == resets + 1
    again = [step(pilot, ms) for ms in range(33, 6000, 33)]
    assert again[0].command == fresh[0] and again[0].dt_s == CARD.timing.nominal_dt_s
    assert all(s.mode is Mode.ACTIVE for s in again)


def test_a_failsafe_outlasts_the_clock_that_goes_back(pilot):
    pilot.gate = Gate(Mode.FAILSAFE, problem=Problem(Fault.POLICY_FAILED, "why"))
    fly(pilot, 3, start_ms=60_000)
    assert pilot.take(tick(0)).mode is Mode.FAILSAFE
    later = step(pilot, 100)
    assert later.mode is Mode.FAILSAFE and later.command is None and later.problem.detail == "why"


# --- faults


def test_a_problem_that_came_instead_of_a_frame_brakes(pilot):
    last, newest_ms = fly(pilot, 20)
    problem = Problem(Fault.CAMERA_INVALID, "encoding 'yuv422'")
    braked = pilot.take(Event((newest_ms + PERIOD_MS) * MS, "image", problem))
    assert braked.problem is problem and braked.mode is Mode.DEGRADED
    assert speed(braked.command) < speed(last.command)
    assert braked.stamp_ns is None and braked.observation is None


def test_a_late_frame_brakes_without_running_the_policy(pilot):
    _, newest_ms = fly(pilot, 3)
    steps = len(pilot.policy.seen)
    late = pilot.take(frame(newest_ms + PERIOD_MS, newest_ms + PERIOD_MS + 501))
    assert late.fault is Fault.CAMERA_LATE and late.policy_ms == 0.0 and late.dt_s == 0.0
    assert len(pilot.policy.seen) == steps


def test_a_policy_that_says_nan_brakes_and_is_never_published():
    said = iter([FORWARD] * 20 + [Command((math.nan, 0.0, 0.0, 0.0))])
    braked, _ = fly(saying(lambda _: next(said)), 21)
    assert braked.fault is Fault.COMMAND_NOT_FINITE and braked.mode is Mode.DEGRADED
    assert braked.command.is_finite()


def test_one_nan_from_the_imu_does_not_end_the_flight(tiny_policy_path):
    pilot = Pilot(load_policy(tiny_policy_path))
    _, newest_ms = fly(pilot, 5)
    for value in (math.nan, math.inf, 1e300):
        now_ms = newest_ms = newest_ms + PERIOD_MS
        assert pilot.take(imu(now_ms - 40, accelerometer=(value, 0.0, 0.0))) is None
        assert step(pilot, now_ms).mode is Mode.ACTIVE
    assert np.isfinite(pilot.policy.hidden).all()


def test_a_failed_policy_is_the_failsafe_and_silence_and_keeps_the_exceptions_text():
    def fail(_: Observation) -> Command:
        raise RuntimeError("CUDA error 700:\n  an illegal address")

    pilot = saying(fail)
    failed = step(pilot, 0)
    assert failed.mode is Mode.FAILSAFE and failed.command is None
    assert failed.fault is Fault.POLICY_FAILED
    assert failed.problem.detail == "RuntimeError: CUDA error 700: an illegal address"
    later = step(pilot, PERIOD_MS)
    assert later.mode is Mode.FAILSAFE and later.problem == failed.problem


def test_a_session_that_refuses_its_inputs_is_a_failed_policy(tiny_policy_path):
    pilot = Pilot(load_policy(tiny_policy_path))
    fly(pilot, 3)
    pilot.policy.hidden = np.zeros((1, 3), np.float32)
    failed = step(pilot, 1000)
    assert failed.fault is Fault.POLICY_FAILED and "ValueError" in failed.problem.detail


@pytest.mark.parametrize("said", [None, (1.0, 0.0, 0.0, 0.0), Command(("fast",) * 4)])
def test_a_policy_that_says_no_command_is_a_failed_policy_and_not_a_crash(said):
    failed = step(saying(lambda _: said), 0)
    assert failed.fault is Fault.POLICY_FAILED and "Error: " in failed.problem.detail


def test_a_command_of_numpy_numbers_is_published_as_plain_ones():
    flown = step(saying(lambda _: Command(tuple(np.float32([0.25, 0, 0, 0])))), 0)
    assert flown.command.values == (0.25, 0.0, 0.0, 0.0)
    assert all(type(value) is float for value in flown.command.values)


def test_an_imu_that_is_mounted_wrongly_is_never_flown(pilot):
    for ms in range(0, 3000, 50):
        pilot.take(imu(ms, accelerometer=(9.81, 0.0, 0.0)))
        seen = pilot.take(frame(ms))
        assert seen.fault is Fault.IMU_AXES and seen.command is None
    assert pilot.policy.seen == []


def test_an_imu_that_freezes_while_it_is_flown_brakes(pilot):
    modes = []
    for ms in range(0, 3000, 50):
        pilot.take(imu(ms))
        modes.append((ms, pilot.take(frame(ms))))
    frozen = [ms for ms, s in modes if s.fault is Fault.IMU_FROZEN]
    assert frozen and 1500 < frozen[0] <= 1650
    assert all(s.mode is Mode.ACTIVE for ms, s in modes if ms < frozen[0])


def test_an_imu_that_freezes_at_rest_is_believed():
    resting = saying(lambda _: STOP)
    for ms in range(0, 3000, 50):
        resting.take(imu(ms))
        assert resting.take(frame(ms)).mode is Mode.ACTIVE


# --- the operator


def test_a_policy_of_50_m_s_flies_no_faster_than_the_operator_allows():
    card = replace_limits(CARD.command, {"forward_m_s": 50.0})
    card = msgspec.structs.replace(CARD, command=card)
    policy = Says(lambda _: Command((50.0, 0.0, 0.0, 0.0)), card)
    last, _ = fly(Pilot(policy), 60)
    assert last.command.values[0] == pytest.approx(OPERATOR_TOP["forward_m_s"])
    last, _ = fly(Pilot(policy, limits=Limits.of(card.command, {"forward_m_s": 0.5})), 60)
    assert last.command.values[0] == pytest.approx(0.5)


def test_the_smaller_timeout_of_card_and_operator_counts():
    patient = Pilot(Says(), SafetySettings(camera_timeout_s=2.0))
    _, newest_ms = fly(patient, 3)
    assert patient.take(tick(newest_ms + 501)).fault is Fault.CAMERA_STALE, "the card has 0.5 s"
    strict = Pilot(Says(), SafetySettings(camera_timeout_s=0.2))
    _, newest_ms = fly(strict, 3)
    assert strict.take(tick(newest_ms + 201)).fault is Fault.CAMERA_STALE


# --- the reset


def test_reset_ends_the_failsafe_and_flies_as_if_nothing_had_been(tiny_policy_path):
    pilot = Pilot(load_policy(tiny_policy_path))
    fresh = [step(pilot, PERIOD_MS * i).command for i in range(3)]
    pilot.policy.hidden = np.zeros((1, 3), np.float32)
    assert step(pilot, 1000).mode is Mode.FAILSAFE
    pilot.reset()
    assert pilot.gate == Gate() and pilot.gate.mode is Mode.STANDBY
    assert [step(pilot, PERIOD_MS * i).command for i in range(3)] == fresh


def test_a_gap_that_resets_the_policy_begins_a_flight_like_the_first(tiny_policy_path):
    pilot = Pilot(load_policy(tiny_policy_path))

    def flight(start_ms: int):
        for i in range(3):
            same = {"image": np.full((64, 96, 3), 40 * i, np.uint8)}
            pilot.take(imu(start_ms + PERIOD_MS * i, gyro=(1e-3 * i, 0.0, 0.0)))
            yield pilot.take(frame(start_ms + PERIOD_MS * i, **same)).command

    first = list(flight(0))
    for ms in range(150, 5000, PERIOD_MS):
        pilot.take(tick(ms))
    assert list(flight(5000)) == first


# --- a pilot that hangs


def test_a_pilot_that_hung_says_rest_and_not_what_it_said_before(pilot):
    last, newest_ms = fly(pilot, 40)
    assert speed(last.command) > 0.0
    after = pilot.take(tick(newest_ms + 1001))
    assert after.fault is Fault.PILOT_HUNG and after.mode is Mode.DEGRADED
    assert after.command == STOP and "1.0 s" in str(after.problem)


def test_a_pilot_that_hung_flies_on_from_rest_with_the_next_frame(pilot):
    last, newest_ms = fly(pilot, 40)
    hung = pilot.take(frame(newest_ms + 3000))
    assert hung is None or hung.command == STOP
    pilot.take(imu(newest_ms + 3000, gyro=(1e-3, 0.0, 0.0)))
    after = step(pilot, newest_ms + 3050)
    assert after.mode is Mode.ACTIVE and after.problem is None
    assert 0.0 < speed(after.command) < speed(last.command)


def test_a_hang_as_long_as_the_failsafe_ends_in_silence_for_good(pilot):
    _, newest_ms = fly(pilot, 40)
    after = pilot.take(tick(newest_ms + 5000))
    assert after.mode is Mode.FAILSAFE and after.command is None
    assert pilot.take(imu(newest_ms + 5050)) is None
    assert pilot.take(frame(newest_ms + 5050)).command is None


def test_a_pilot_on_the_ground_has_not_hung_however_long_nothing_came(pilot):
    pilot.take(tick(0))
    assert pilot.take(tick(9000)).fault is Fault.CAMERA_MISSING
