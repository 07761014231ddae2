"""Inertial samples of any order, age and content: their mean, or why they are not believed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pilots import GRAVITY, MS

from liquid_control.contract import ImuSample, Timing, imu_input
from liquid_control.safety.faults import Fault, Problem
from liquid_control.safety.settings import SafetySettings
from liquid_control.sensors.imu import MOST_SAMPLES, ImuStream

measurement = st.tuples(*[st.floats(-60, 60, width=32)] * 6)


def stream(**settings) -> ImuStream:
    return ImuStream(imu_input(), Timing(), SafetySettings(**settings))


def flying(**settings) -> ImuStream:
    """Return a stream whose vehicle has been told to move: gravity is judged on average only."""
    imu = stream(**settings)
    imu.flown = imu.commanding = True
    return imu


def sample(ms: float, values=(0.0, 0.0, 0.0, *GRAVITY)) -> ImuSample:
    return ImuSample(round(ms * MS), tuple(values[:3]), tuple(values[3:]))


def fault_of(found) -> Fault | None:
    return found.fault if isinstance(found, Problem) else None


# --- the mean


@given(groups=st.lists(st.lists(measurement, min_size=1, max_size=8), min_size=1, max_size=5))
def test_the_imu_is_the_mean_of_the_samples_since_the_last_step(groups):
    imu = flying()
    for i, group in enumerate(groups):
        for k, values in enumerate(group):
            imu.add(sample(100 * i + 10 * k + 10, values), 1000 * MS)
        found = imu.until((100 * i + 100) * MS).values
        assert found.dtype == np.float32 and found.shape == (6,)
        assert found == pytest.approx(np.mean(group, axis=0), abs=1e-4)


@given(
    values=st.lists(measurement, min_size=1, max_size=12),
    order=st.randoms(use_true_random=False),
)
def test_the_order_in_which_samples_arrive_does_not_matter(values, order):
    samples = [sample(5 * k + 5, v) for k, v in enumerate(values)]
    shuffled = samples[:]
    order.shuffle(shuffled)
    means = []
    for arrived in (samples, shuffled):
        imu = flying()
        for one in arrived:
            imu.add(one, 100 * MS)
        assert imu.newest_ns == samples[-1].stamp_ns
        means.append([imu.until(ms * MS).values.tolist() for ms in (20, 40, 60)])
    assert means[0] == means[1]


def test_samples_after_the_frame_wait_for_the_next_one():
    imu = flying()
    imu.add(sample(90, (1.0,) * 6), 110 * MS)
    imu.add(sample(101, (5.0,) * 6), 110 * MS)
    assert imu.until(100 * MS).values.tolist() == [1.0] * 6
    assert imu.until(150 * MS).values.tolist() == [5.0] * 6


def test_a_sample_at_the_stamp_of_the_frame_belongs_to_it():
    imu = flying()
    imu.add(sample(100, (2.0,) * 6), 100 * MS)
    assert imu.until(100 * MS).values.tolist() == [2.0] * 6


def test_a_frame_without_new_samples_keeps_the_mean_before_it():
    imu = flying()
    imu.add(sample(100, (3.0,) * 6), 100 * MS)
    imu.until(100 * MS)
    found = imu.until(150 * MS)
    assert found.values.tolist() == [3.0] * 6 and found.age_s == pytest.approx(0.05)


def test_a_sample_from_before_the_last_step_comes_too_late_to_be_used():
    imu = flying()
    imu.add(sample(100, (3.0,) * 6), 100 * MS)
    imu.until(100 * MS)
    assert imu.add(sample(95, (9.0,) * 6), 101 * MS) is None
    found = imu.until(150 * MS)
    assert found.values.tolist() == [3.0] * 6 and found.age_s == pytest.approx(0.05)


def test_samples_from_before_a_gap_that_resets_the_policy_are_not_of_this_flight():
    imu = flying()
    imu.add(sample(100, (9.0,) * 6), 100 * MS)
    imu.add(sample(1950, (1.0,) * 6), 1950 * MS)
    assert imu.until(2000 * MS).values.tolist() == [1.0] * 6


# --- stamps


@given(age_ms=st.integers(0, 9999))
def test_the_imu_is_stale_when_its_newest_sample_is_too_old_for_the_frame(age_ms):
    imu = stream()
    imu.add(sample(20_000 - age_ms), 20_000 * MS)
    found = imu.until(20_000 * MS)
    if age_ms > 200:
        assert fault_of(found) is Fault.IMU_STALE
    else:
        assert found.age_s == pytest.approx(age_ms / 1000)


@pytest.mark.parametrize("ahead_ms", [101, 1000, 9999])
def test_a_sample_stamped_ahead_is_a_fault_and_is_not_kept_for_later(ahead_ms):
    imu = stream()
    found = imu.take(sample(100 + ahead_ms), 100 * MS)
    assert fault_of(found) is Fault.IMU_FUTURE and "ahead" in found.detail
    assert fault_of(imu.until(100 * MS)) is Fault.IMU_FUTURE
    assert fault_of(imu.until((100 + ahead_ms) * MS)) is Fault.IMU_FUTURE


def test_an_imu_that_is_stamped_ahead_in_flight_is_called_so_and_not_stale():
    imu = flying()
    imu.take(sample(100), 100 * MS)
    imu.until(100 * MS)
    for ms in range(110, 400, 10):
        imu.take(sample(ms + 1000), ms * MS)
    assert fault_of(imu.until(400 * MS)) is Fault.IMU_FUTURE


@pytest.mark.parametrize(("ahead_s", "words"), [(3600, "ahead of"), (-3600, "behind")])
def test_a_foreign_clock_is_called_so_with_how_far_it_is_off(ahead_s, words):
    imu = stream()
    imu.take(sample(4000_000 + 1000 * ahead_s), 4000_000 * MS)
    found = imu.until(4000_000 * MS)
    assert fault_of(found) is Fault.IMU_CLOCK and f"3600.0 s {words}" in found.detail


@pytest.mark.parametrize("ahead_ms", [1, 100, 1000, 10**9])
def test_a_sample_from_the_future_does_not_hide_those_that_follow(ahead_ms):
    imu = stream()
    for one in (sample(50), sample(100 + ahead_ms), sample(60)):
        imu.add(one, 100 * MS)
    assert imu.until(100 * MS).age_s == pytest.approx(0.04)


def test_no_sample_at_all_is_missing_and_not_stale():
    assert fault_of(stream().until(100 * MS)) is Fault.IMU_MISSING


def test_a_problem_that_came_instead_of_samples_is_repeated():
    imu, problem = stream(), Problem(Fault.IMU_INVALID, "two IMUs")
    imu.take(problem, 100 * MS)
    assert imu.until(100 * MS) is problem
    imu.take(sample(110), 110 * MS)
    assert fault_of(imu.until(110 * MS)) is None


def test_samples_without_frames_do_not_fill_the_memory():
    imu = flying()
    for ms in range(3 * MOST_SAMPLES):
        imu.add(sample(ms, (float(ms % 50),) * 6), ms * MS)
    assert len(imu._samples) == MOST_SAMPLES
    assert imu.until(ms * MS).age_s == 0.0


# --- values


@given(field=st.integers(0, 5), bad=st.sampled_from([np.nan, np.inf, -np.inf, 1e30]))
def test_a_sample_that_is_no_number_is_left_out(field, bad):
    imu = flying()
    values = [1.0] * 6
    values[field] = bad
    imu.add(sample(90, (1.0,) * 6), 90 * MS)
    assert fault_of(imu.add(sample(95, values), 95 * MS)) is Fault.IMU_INVALID
    assert imu.until(100 * MS).values.tolist() == [1.0] * 6


def test_an_imu_that_sends_only_nan_is_called_so_once_its_last_number_is_too_old():
    imu = stream()
    answers = []
    for ms in range(0, 500, 50):
        imu.take(sample(ms, (np.nan,) * 6) if ms else sample(0), ms * MS)
        answers.append(fault_of(imu.until(ms * MS)))
    assert answers == [None] * 5 + [Fault.IMU_INVALID] * 5


@pytest.mark.parametrize(
    ("accelerometer", "fault"),
    [
        ((0.0, 0.0, 9.81), None),
        ((3.0, -3.0, 8.8), None),
        ((0.0, 0.0, -9.81), Fault.IMU_AXES),
        ((9.81, 0.0, 0.0), Fault.IMU_AXES),
        ((0.0, -9.81, 0.0), Fault.IMU_AXES),
        ((0.0, 0.0, 1.0), Fault.IMU_SCALE),
        ((0.0, 0.0, 0.0), Fault.IMU_SCALE),
        ((0.0, 0.0, 32.2), Fault.IMU_SCALE),
    ],
    ids=["level", "tilted", "upside down", "nose", "side", "in g", "not wired", "in feet"],
)
def test_gravity_at_rest_shows_wrong_axes_and_wrong_units(accelerometer, fault):
    imu = stream()
    imu.add(sample(10, (0.0, 0.0, 0.01, *accelerometer)), 10 * MS)
    found = imu.until(10 * MS)
    assert fault_of(found) is fault
    if fault is not None:
        assert f"{accelerometer[2]:.1f}" in found.detail


def test_gravity_is_not_judged_by_one_sample_while_the_vehicle_turns_or_has_been_flown():
    turning, flown = stream(), stream()
    turning.add(sample(10, (0.5, 0.0, 0.0, 9.81, 0.0, 0.0)), 10 * MS)
    flown.flown = True
    flown.add(sample(10, (0.0, 0.0, 0.0, 9.81, 0.0, 0.0)), 10 * MS)
    assert fault_of(turning.until(10 * MS)) is None and fault_of(flown.until(10 * MS)) is None


def judged(acceleration, seconds=4.0, sound_s=2.0) -> list[Fault | None]:
    """Return what is found every 50 ms of a flight in which it turns after ``sound_s``."""
    imu, found = flying(), []
    for ms in range(0, int(1000 * seconds), 50):
        felt = GRAVITY if ms < 1000 * sound_s else acceleration(ms / 1000)
        imu.take(sample(ms, (0.5, 0.0, 1e-4 * (ms % 7), *felt)), ms * MS)
        found.append(fault_of(imu.until(ms * MS)))
    return found


@pytest.mark.parametrize(
    ("felt", "fault", "within_s"),
    [
        ((9.81, 0.0, 0.0), Fault.IMU_AXES, 0.8),
        ((0.0, 0.0, -9.81), Fault.IMU_AXES, 0.8),
        ((0.0, 0.0, 1.0), Fault.IMU_SCALE, 0.9),
        ((0.0, 0.0, 32.2), Fault.IMU_SCALE, 0.8),
    ],
    ids=["nose", "upside down", "in g", "in feet"],
)
def test_axes_and_units_that_turn_wrong_in_flight_are_found_by_the_average(felt, fault, within_s):
    found = judged(lambda _: felt)
    begun = next(i for i, one in enumerate(found) if one is not None)
    assert 2.0 < 0.05 * begun <= 2.0 + within_s
    assert fault in found[begun : begun + 10] and found[-1] is fault


def test_a_flight_of_hard_turns_is_believed():
    def felt(now_s):
        lean = np.radians(40) * np.sin(2 * now_s)
        return (15.0 * np.sin(lean), 0.0, 15.0 * np.cos(lean))

    assert set(judged(felt, seconds=12.0)) == {None}


def test_the_average_begins_anew_after_a_gap_that_resets_the_policy():
    imu = flying()
    for ms in range(0, 2000, 50):
        imu.take(sample(ms, (0.5, 0.0, 1e-4 * (ms % 7), *GRAVITY)), ms * MS)
        imu.until(ms * MS)
    imu.take(sample(5000, (0.5, 0.0, 0.0, 0.0, 0.0, -9.81)), 5000 * MS)
    assert fault_of(imu.until(5000 * MS)) is None


@pytest.mark.parametrize(("field", "value"), [(0, 71.0), (2, -71.0), (3, -321.0), (5, 321.0)])
def test_a_sample_that_no_vehicle_survives_is_left_out(field, value):
    imu = flying()
    values = [1.0] * 6
    values[field] = value
    imu.take(sample(90, (1.0,) * 6), 90 * MS)
    assert fault_of(imu.take(sample(95, values), 95 * MS)) is Fault.IMU_IMPLAUSIBLE
    assert imu.until(100 * MS).values.tolist() == [1.0] * 6
    assert fault_of(imu.until(400 * MS)) is Fault.IMU_IMPLAUSIBLE, "none but such for 0.3 s"


def test_a_sample_at_the_edge_of_what_a_vehicle_survives_is_believed():
    imu = flying()
    assert imu.take(sample(90, (70.0, -70.0, 0.0, 320.0, 0.0, -320.0)), 90 * MS) is None


def test_an_imu_that_never_moves_while_the_vehicle_is_commanded_is_frozen():
    imu = flying()
    for ms in range(0, 3000, 50):
        imu.add(sample(ms), ms * MS)
        assert fault_of(imu.until(ms * MS)) is (Fault.IMU_FROZEN if ms > 1500 else None)


def test_a_frozen_imu_stays_so_while_the_vehicle_rests_until_a_value_changes():
    imu = flying()
    for ms in range(0, 6000, 50):
        imu.commanding = ms <= 2000
        imu.add(sample(ms), ms * MS)
        assert fault_of(imu.until(ms * MS)) is (Fault.IMU_FROZEN if ms > 1500 else None)
    imu.add(sample(6000, (0.0, 0.0, 0.1, *GRAVITY)), 6000 * MS)
    assert fault_of(imu.until(6000 * MS)) is None


def test_an_imu_that_does_not_move_while_nothing_is_commanded_is_believed():
    imu = stream()
    for ms in range(0, 3000, 50):
        imu.flown, imu.commanding = ms >= 1000, ms >= 2000
        imu.add(sample(ms), ms * MS)
        assert fault_of(imu.until(ms * MS)) is None


def test_one_bit_of_noise_is_enough_not_to_be_frozen():
    imu = flying()
    for ms in range(0, 3000, 50):
        imu.add(sample(ms, (0.0, 0.0, 0.0, 0.0, 0.0, 9.81 + 1e-6 * (ms % 100))), ms * MS)
        assert fault_of(imu.until(ms * MS)) is None


def test_reset_forgets_every_sample_and_that_it_was_flown():
    imu = flying()
    imu.add(sample(10, (0.0, 0.0, 0.0, 9.81, 0.0, 0.0)), 10 * MS)
    imu.until(10 * MS)
    imu.reset()
    assert imu.newest_ns is None and fault_of(imu.until(10 * MS)) is Fault.IMU_MISSING
    imu.add(sample(10, (0.0, 0.0, 0.0, 9.81, 0.0, 0.0)), 10 * MS)
    assert fault_of(imu.until(10 * MS)) is Fault.IMU_AXES
