"""One step from sensors to a safe command: what the pilot publishes, and when it is silent."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liquid_control.contract import STOP, Command, Observation
from liquid_control.faults import Fault
from liquid_control.observation import Frame
from liquid_control.pipeline import Pilot
from liquid_control.runtime import load_policy
from liquid_control.safety import Gate, Mode

MS = 1_000_000
PERIOD_MS = 50


@pytest.fixture(scope="module")
def pilot_of_module(tiny_policy_path) -> Pilot:
    return Pilot(load_policy(tiny_policy_path))


@pytest.fixture
def pilot(pilot_of_module) -> Pilot:
    pilot_of_module.reset()
    return pilot_of_module


@pytest.fixture(scope="module")
def step(make_frame, make_imu):
    """``step(pilot, milliseconds)``: one frame, seen as it is taken, with one IMU sample."""

    def run(pilot: Pilot, stamp_ms: int, now_ms: int | None = None):
        now_ms = stamp_ms if now_ms is None else now_ms
        pilot.add_imu(make_imu(stamp_ms))
        return pilot.step(make_frame(stamp_ms), now_ms * MS)

    return run


@pytest.fixture
def fly(pilot, step):
    """Fly frames of 50 ms; return the last step and the time of its frame in milliseconds."""

    def run(frames: int):
        for i in range(frames):
            last = step(pilot, PERIOD_MS * i)
        return last, PERIOD_MS * (frames - 1)

    return run


def test_the_first_frame_is_flown(pilot, step):
    first = step(pilot, 700, now_ms=712)
    assert first.mode is Mode.ACTIVE and first.fault is None
    assert first.command not in (None, STOP)
    assert first.stamp_ns == 700 * MS
    assert first.dt_s == pilot.policy.card.timing.nominal_dt_s
    assert first.image_age_s == pytest.approx(0.012)
    assert first.policy_ms > 0.0


def test_the_policy_is_given_the_time_between_the_frames(pilot, step):
    step(pilot, 0)
    assert step(pilot, 83).dt_s == pytest.approx(0.083)


def test_a_slow_change_is_flown_exactly_as_the_policy_says(
    pilot, fly, tiny_policy_path, make_frame, make_imu
):
    last, _ = fly(40)
    policy = load_policy(tiny_policy_path)
    imu = np.array([0, 0, 0, 0, 0, 9.81], np.float32)
    for i in range(40):
        frame = make_frame(PERIOD_MS * i)
        said = policy.step(Observation(frame.stamp_ns, frame.image, imu, PERIOD_MS / 1000))
    assert last.command == said


# --- no news


@pytest.mark.parametrize("age_ms", [0, 1, 50, 100])
def test_the_pilot_never_steps_on_a_frame_that_is_not_newer(pilot, fly, step, age_ms):
    _, newest_ms = fly(4)
    hidden, gate = pilot.policy.hidden.copy(), pilot.gate
    again = step(pilot, newest_ms - age_ms, now_ms=newest_ms + 10)
    assert again.command is None and again.policy_ms == 0.0 and again.dt_s == 0.0
    assert np.array_equal(pilot.policy.hidden, hidden)
    assert pilot.gate == gate


def test_frames_that_are_no_news_are_counted_until_the_reset(pilot, fly, step):
    _, newest_ms = fly(2)
    for expected in (1, 2, 3):
        assert step(pilot, newest_ms).frames_dropped == expected
    assert step(pilot, newest_ms + PERIOD_MS).frames_dropped == 3
    pilot.reset()
    assert step(pilot, 0).frames_dropped == 0


# --- the watchdog


def test_the_watchdog_leaves_the_last_decision_while_frames_are_fresh(pilot, fly):
    _, newest_ms = fly(3)
    gate = pilot.gate
    watched = pilot.step(None, (newest_ms + 500) * MS)
    assert watched.command is None and watched.mode is Mode.ACTIVE and watched.fault is None
    assert pilot.gate == gate


def test_the_watchdog_brakes_to_zero_when_frames_stop(pilot, fly):
    last, newest_ms = fly(40)
    speeds = [np.abs(last.command.as_tuple())]
    for i in range(30):
        watched = pilot.step(None, (newest_ms + 501 + PERIOD_MS * i) * MS)
        assert watched.mode is Mode.DEGRADED and watched.fault is Fault.CAMERA_STALE
        speeds.append(np.abs(watched.command.as_tuple()))
    assert (np.diff(speeds, axis=0) <= 0.0).all()
    assert speeds[0].any() and watched.command == STOP


def test_the_watchdog_falls_silent_for_good_when_frames_stay_away(pilot, fly, step):
    _, newest_ms = fly(3)
    pilot.step(None, (newest_ms + 501) * MS)
    silent = pilot.step(None, (newest_ms + 501 + 5000) * MS)
    assert silent.mode is Mode.FAILSAFE and silent.command is None
    later = step(pilot, newest_ms + 6000)
    assert later.mode is Mode.FAILSAFE and later.command is None
    assert later.policy_ms == 0.0, "a policy that cannot be flown is not run"


def test_flight_goes_on_when_the_frames_come_back(pilot, fly, step):
    _, newest_ms = fly(3)
    pilot.step(None, (newest_ms + 700) * MS)
    back = step(pilot, newest_ms + 750)
    assert back.mode is Mode.ACTIVE and back.fault is None
    assert back.dt_s == pytest.approx(0.75)


def test_a_camera_that_never_came_is_reported_and_nothing_is_published(pilot):
    assert pilot.step(None, 9000 * MS).mode is Mode.STANDBY
    assert pilot.step(None, 9500 * MS).command is None
    late = pilot.step(None, 9501 * MS)
    assert late.fault is Fault.CAMERA_STALE
    assert late.mode is Mode.STANDBY and late.command is None


def test_the_watchdog_brakes_when_the_clock_goes_back(pilot, fly):
    _, newest_ms = fly(40)
    watched = pilot.step(None, (newest_ms - 5000) * MS)
    assert watched.fault is Fault.CAMERA_STALE and watched.mode is Mode.DEGRADED


# --- faults


def test_a_frame_that_came_with_a_fault_brakes(pilot, fly):
    last, newest_ms = fly(20)
    braked = pilot.step(Fault.CAMERA_INVALID, (newest_ms + PERIOD_MS) * MS)
    assert braked.fault is Fault.CAMERA_INVALID and braked.mode is Mode.DEGRADED
    assert sum(np.abs(braked.command.as_tuple())) < sum(np.abs(last.command.as_tuple()))
    assert braked.stamp_ns is None


def test_a_stale_frame_brakes_without_running_the_policy(pilot, fly, step):
    _, newest_ms = fly(3)
    hidden = pilot.policy.hidden.copy()
    late = step(pilot, newest_ms + PERIOD_MS, now_ms=newest_ms + PERIOD_MS + 501)
    assert late.fault is Fault.CAMERA_STALE and late.policy_ms == 0.0
    assert np.array_equal(pilot.policy.hidden, hidden)


def test_a_policy_that_says_nan_brakes_and_is_never_published(pilot, fly, step):
    _, newest_ms = fly(20)
    pilot.policy.hidden = np.full_like(pilot.policy.hidden, np.nan)
    braked = step(pilot, newest_ms + PERIOD_MS)
    assert braked.fault is Fault.COMMAND_NOT_FINITE and braked.mode is Mode.DEGRADED
    assert braked.command.is_finite()


def test_one_nan_from_the_imu_does_not_end_the_flight(pilot, fly, step, make_frame, make_imu):
    _, newest_ms = fly(5)
    poisoned = make_imu(newest_ms + 10, (np.nan,) * 6)
    now_ms = newest_ms + PERIOD_MS
    pilot.add_imu(poisoned)
    assert pilot.step(make_frame(now_ms), now_ms * MS).mode is Mode.ACTIVE
    assert step(pilot, now_ms + PERIOD_MS).mode is Mode.ACTIVE


def test_a_session_that_raises_ends_in_the_failsafe_and_silence(pilot, fly, step):
    _, newest_ms = fly(3)
    pilot.policy.hidden = np.zeros((1, 3), np.float32)  # ONNX Runtime refuses this shape
    failed = step(pilot, newest_ms + PERIOD_MS)
    assert failed.mode is Mode.FAILSAFE and failed.fault is Fault.POLICY_FAILED
    assert failed.command is None
    pilot.policy.reset()
    later = step(pilot, newest_ms + 2 * PERIOD_MS)
    assert later.mode is Mode.FAILSAFE and later.command is None


def test_reset_ends_the_failsafe_and_flies_as_if_nothing_had_been(pilot, step):
    fresh = [step(pilot, PERIOD_MS * i).command for i in range(3)]
    pilot.policy.hidden = np.zeros((1, 3), np.float32)
    step(pilot, 1000)
    pilot.reset()
    assert pilot.gate == Gate() and pilot.gate.mode is Mode.STANDBY
    assert [step(pilot, PERIOD_MS * i).command for i in range(3)] == fresh


# --- always


def test_a_gap_that_resets_the_policy_begins_a_flight_like_the_first(pilot, make_imu):
    def flight(start_ms):
        for i in range(3):
            stamp_ns = (start_ms + PERIOD_MS * i) * MS
            pilot.add_imu(make_imu(start_ms + PERIOD_MS * i))
            grey = np.full((64, 96, 3), 40 * i, np.uint8)
            yield pilot.step(Frame(stamp_ns, grey), stamp_ns).command

    first = list(flight(0))
    assert list(flight(5000)) == first


def test_the_same_inputs_replay_to_the_same_commands_bit_for_bit(pilot, step, tiny_policy_path):
    other = Pilot(load_policy(tiny_policy_path))
    stamps = [0, 40, 95, 95, 140, 400, 1900, 1950]
    for stamp in stamps:
        assert step(pilot, stamp).command == step(other, stamp).command


events = st.tuples(
    st.sampled_from(["frame", "frame", "frame", "still", "watch", *Fault]),
    st.integers(-300, 1200),
    st.integers(-100, 700),
    st.floats(allow_nan=True, allow_infinity=True, width=32),
)


@given(events=st.lists(events, max_size=25))
def test_whatever_arrives_what_is_published_is_finite_and_inside_the_limits(
    pilot_of_module, make_imu, events
):
    pilot, limits = pilot_of_module, pilot_of_module.policy.card.limits.as_tuple()
    pilot.reset()
    now_ms = 10_000
    for kind, advance_ms, age_ms, measured in events:
        now_ms += advance_ms
        frame: Frame | Fault | None = None
        if kind in ("frame", "still"):
            grey = now_ms % 251 if kind == "frame" else 7
            frame = Frame((now_ms - age_ms) * MS, np.full((8, 8, 3), grey, np.uint8))
        elif kind != "watch":
            frame = kind
        pilot.add_imu(make_imu(now_ms, (measured,) * 6))
        result = pilot.step(frame, now_ms * MS)
        assert result.mode is pilot.gate.mode and result.fault is pilot.gate.fault
        if result.command is None:
            continue
        assert result.mode in (Mode.ACTIVE, Mode.DEGRADED)
        assert isinstance(result.command, Command) and result.command.is_finite()
        for value, limit in zip(result.command.as_tuple(), limits, strict=True):
            assert abs(value) <= limit
