"""Streams of any order and age become observations with true times, or the right fault."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liquid_control.camera import resize
from liquid_control.contract import NANOSECONDS, Observation
from liquid_control.faults import Fault
from liquid_control.observation import Aligner, Frame
from liquid_control.safety import SafetySettings

MS = 1_000_000
SETTINGS = SafetySettings()
# Without IMU timeouts, so that a test about frames need not feed samples.
PATIENT = replace(SETTINGS, imu_timeout_s=1e9, frozen_after_s=1e9)

gaps_ms = st.integers(1, 2000)
measurement = st.tuples(*[st.floats(-100, 100, width=32)] * 6)


@pytest.fixture(scope="session")
def observe_all(tiny_card, make_frame, make_imu):
    """Feed frames at these stamps, each as soon as it is taken; return aligner and answers."""

    def run(stamps_ms, settings: SafetySettings = PATIENT):
        aligner = Aligner(tiny_card, settings)
        aligner.add_imu([make_imu(-1)])
        return aligner, [aligner.observe(make_frame(ms, 4, 6), ms * MS) for ms in stamps_ms]

    return run


@pytest.fixture(scope="session")
def still(make_frame):
    """``still(milliseconds)``: frames of different stamps with the same pixels."""
    pixels = make_frame(12345, 4, 6).image
    return lambda ms: Frame(ms * MS, pixels.copy())


# --- time


@given(gaps=st.lists(gaps_ms, min_size=1, max_size=12))
def test_dt_is_the_difference_of_the_stamps(observe_all, gaps):
    stamps = np.cumsum([5, *gaps]).tolist()
    _, seen = observe_all(stamps)
    assert [o.stamp_ns for o in seen] == [ms * MS for ms in stamps]
    assert [o.dt_s for o in seen[1:]] == [gap * MS / NANOSECONDS for gap in gaps]


def test_the_first_frame_has_the_nominal_dt(observe_all, tiny_card):
    _, (first,) = observe_all([700])
    assert first.dt_s == tiny_card.timing.nominal_dt_s


@given(stamps=st.lists(st.integers(0, 50), min_size=1, max_size=30))
def test_duplicates_and_late_frames_are_no_news_and_are_counted(observe_all, stamps):
    aligner, seen = observe_all(stamps)
    newest, news = -1, []
    for stamp in stamps:
        news.append(stamp > newest)
        newest = max(newest, stamp)
    assert [answer is not None for answer in seen] == news
    assert aligner.frames_dropped == news.count(False)


@given(refused=st.integers(1, 20))
def test_dt_counts_from_the_last_frame_that_was_observed(tiny_card, make_frame, make_imu, refused):
    aligner = Aligner(tiny_card, SETTINGS)
    aligner.add_imu([make_imu(0)])
    assert isinstance(aligner.observe(make_frame(0, 4, 6), 0), Observation)
    stamp_ms = 0
    for _ in range(refused):
        stamp_ms += 50
        late_ns = (stamp_ms + 600) * MS
        assert aligner.observe(make_frame(stamp_ms, 4, 6), late_ns) is Fault.CAMERA_STALE
    stamp_ms += 50
    aligner.add_imu([make_imu(stamp_ms)])
    seen = aligner.observe(make_frame(stamp_ms, 4, 6), stamp_ms * MS)
    assert seen.dt_s == pytest.approx(stamp_ms / 1000)


@given(age_ms=st.integers(-500, 500))
def test_a_frame_within_the_timeout_is_observed_with_its_age(
    tiny_card, make_frame, make_imu, age_ms
):
    aligner = Aligner(tiny_card, SETTINGS)
    aligner.add_imu([make_imu(1000)])
    seen = aligner.observe(make_frame(1000, 4, 6), (1000 + age_ms) * MS)
    assert seen.image_age_s == pytest.approx(age_ms / 1000)


@given(age_ms=st.integers(501, 10**7))
def test_a_frame_older_than_the_timeout_is_stale(tiny_card, make_frame, make_imu, age_ms):
    aligner = Aligner(tiny_card, SETTINGS)
    aligner.add_imu([make_imu(1000)])
    assert aligner.observe(make_frame(1000, 4, 6), (1000 + age_ms) * MS) is Fault.CAMERA_STALE


@given(ahead_ms=st.integers(501, 10**7))
def test_a_frame_from_the_future_is_invalid_and_does_not_hide_the_next(
    tiny_card, make_frame, make_imu, ahead_ms
):
    aligner = Aligner(tiny_card, SETTINGS)
    aligner.add_imu([make_imu(1000)])
    assert aligner.observe(make_frame(1000 + ahead_ms, 4, 6), 1000 * MS) is Fault.CAMERA_INVALID
    assert isinstance(aligner.observe(make_frame(1010, 4, 6), 1010 * MS), Observation)


# --- frozen and silent cameras


def test_a_camera_whose_pixels_never_change_is_frozen_after_its_time(tiny_card, still, make_imu):
    aligner = Aligner(tiny_card, SETTINGS)
    for stamp_ms in range(0, 4000, 50):
        aligner.add_imu([make_imu(stamp_ms)])
        seen = aligner.observe(still(stamp_ms), stamp_ms * MS)
        assert (seen is Fault.CAMERA_FROZEN) == (stamp_ms > 1500)


@given(frozen=st.integers(31, 80))
def test_a_frozen_camera_is_trusted_again_when_its_pixels_change(
    tiny_card, still, make_frame, make_imu, frozen
):
    aligner = Aligner(tiny_card, SETTINGS)
    aligner.add_imu([make_imu(0)])
    for i in range(frozen + 1):
        last = aligner.observe(still(50 * i), 50 * i * MS)
    assert last is Fault.CAMERA_FROZEN
    stamp_ms = 50 * frozen + 50
    aligner.add_imu([make_imu(stamp_ms)])
    assert isinstance(aligner.observe(make_frame(stamp_ms, 4, 6), stamp_ms * MS), Observation)


def test_one_changed_pixel_is_enough_not_to_be_frozen(tiny_card, still, make_imu):
    aligner = Aligner(tiny_card, SETTINGS)
    for i in range(100):
        aligner.add_imu([make_imu(50 * i)])
        frame = still(50 * i)
        frame.image[0, 0, 0] = i
        assert isinstance(aligner.observe(frame, 50 * i * MS), Observation)


@given(stamp_ms=st.integers(0, 5000), since_ms=st.integers(0, 5000), now_ms=st.integers(0, 10_000))
def test_the_camera_is_stale_when_neither_frame_nor_start_is_within_the_timeout(
    tiny_card, make_frame, stamp_ms, since_ms, now_ms
):
    aligner = Aligner(tiny_card, PATIENT)
    aligner.observe(make_frame(stamp_ms, 4, 6), stamp_ms * MS)
    newest_ms = max(stamp_ms, since_ms)
    assert aligner.is_stale(now_ms * MS, since_ms * MS) == (abs(now_ms - newest_ms) > 500)


@given(now_ms=st.integers(0, 3000))
def test_a_camera_that_never_sent_a_frame_is_stale_after_the_timeout(tiny_card, now_ms):
    assert Aligner(tiny_card, SETTINGS).is_stale(now_ms * MS, 0) == (now_ms > 500)


# --- the IMU


@given(groups=st.lists(st.lists(measurement, min_size=1, max_size=8), min_size=1, max_size=5))
def test_the_imu_is_the_mean_of_the_samples_since_the_last_frame(
    tiny_card, make_frame, make_imu, groups
):
    aligner = Aligner(tiny_card, SETTINGS)
    for i, group in enumerate(groups):
        aligner.add_imu(make_imu(100 * i + 10 * k + 10, m) for k, m in enumerate(group))
        seen = aligner.observe(make_frame(100 * i + 100, 4, 6), (100 * i + 100) * MS)
        assert seen.imu.dtype == np.float32
        assert seen.imu == pytest.approx(np.mean(group, axis=0), abs=1e-4)


def test_samples_after_the_frame_wait_for_the_next_one(tiny_card, make_frame, make_imu):
    aligner = Aligner(tiny_card, SETTINGS)
    aligner.add_imu([make_imu(90, (1.0,) * 6), make_imu(101, (5.0,) * 6)])
    assert aligner.observe(make_frame(100, 4, 6), 110 * MS).imu.tolist() == [1.0] * 6
    assert aligner.observe(make_frame(150, 4, 6), 150 * MS).imu.tolist() == [5.0] * 6


@pytest.mark.parametrize("ahead_ms", [1, 1000, 10**9])
def test_a_sample_from_the_future_does_not_hide_those_that_follow(
    tiny_card, make_frame, make_imu, ahead_ms
):
    aligner = Aligner(tiny_card, SETTINGS)
    aligner.add_imu([make_imu(50), make_imu(100 + ahead_ms), make_imu(60, (6.0,) * 6)])
    seen = aligner.observe(make_frame(100, 4, 6), 100 * MS)
    assert seen.imu_age_s == pytest.approx(0.04)


def test_a_sample_at_the_stamp_of_the_frame_belongs_to_it(tiny_card, make_frame, make_imu):
    aligner = Aligner(tiny_card, SETTINGS)
    aligner.add_imu([make_imu(100, (2.0,) * 6)])
    assert aligner.observe(make_frame(100, 4, 6), 100 * MS).imu.tolist() == [2.0] * 6


def test_a_frame_without_new_samples_keeps_the_mean_before_it(tiny_card, make_frame, make_imu):
    aligner = Aligner(tiny_card, SETTINGS)
    aligner.add_imu([make_imu(100, (3.0,) * 6)])
    aligner.observe(make_frame(100, 4, 6), 100 * MS)
    assert aligner.observe(make_frame(150, 4, 6), 150 * MS).imu.tolist() == [3.0] * 6


@given(age_ms=st.integers(0, 1000))
def test_the_imu_is_stale_when_its_newest_sample_is_too_old_for_the_frame(
    tiny_card, make_frame, make_imu, age_ms
):
    aligner = Aligner(tiny_card, SETTINGS)
    aligner.add_imu([make_imu(1000 - age_ms)])
    seen = aligner.observe(make_frame(1000, 4, 6), 1000 * MS)
    if age_ms > 200:
        assert seen is Fault.IMU_STALE
    else:
        assert seen.imu_age_s == pytest.approx(age_ms / 1000)


def test_a_frame_before_any_sample_is_an_imu_fault(tiny_card, make_frame, make_imu):
    aligner = Aligner(tiny_card, SETTINGS)
    aligner.add_imu([make_imu(101)])
    assert aligner.observe(make_frame(100, 4, 6), 100 * MS) is Fault.IMU_STALE


def test_a_policy_without_imu_needs_no_samples(tiny_card, make_frame):
    card = msgspec.structs.replace(tiny_card, uses_imu=False)
    assert isinstance(Aligner(card, SETTINGS).observe(make_frame(5, 4, 6), 5 * MS), Observation)


@given(field=st.integers(0, 5), bad=st.sampled_from([np.nan, np.inf, -np.inf]))
def test_a_sample_that_is_not_finite_is_left_out(tiny_card, make_frame, make_imu, field, bad):
    aligner = Aligner(tiny_card, SETTINGS)
    values = [1.0] * 6
    values[field] = bad
    aligner.add_imu([make_imu(90, (1.0,) * 6), make_imu(95, values)])
    assert aligner.observe(make_frame(100, 4, 6), 100 * MS).imu.tolist() == [1.0] * 6


def test_an_imu_that_sends_only_nan_goes_stale(tiny_card, make_frame, make_imu):
    aligner = Aligner(tiny_card, SETTINGS)
    answers = []
    for stamp_ms in range(0, 500, 50):
        aligner.add_imu([make_imu(stamp_ms, (np.nan if stamp_ms else 1.0,) * 6)])
        answers.append(aligner.observe(make_frame(stamp_ms, 4, 6), stamp_ms * MS))
    assert [answer is Fault.IMU_STALE for answer in answers] == [False] * 5 + [True] * 5


# --- the image, and forgetting


@given(size=st.tuples(st.integers(1, 200), st.integers(1, 200)))
def test_a_frame_of_any_size_becomes_the_cards_size(tiny_card, make_frame, make_imu, size):
    aligner = Aligner(tiny_card, SETTINGS)
    aligner.add_imu([make_imu(100)])
    frame = make_frame(100, *size)
    seen = aligner.observe(frame, 100 * MS)
    assert np.array_equal(seen.image, resize(frame.image, 64, 96))
    assert seen.image.shape == (64, 96, 3)


@given(stamps=st.lists(st.integers(0, 5000), max_size=10))
def test_reset_forgets_every_frame_and_sample(tiny_card, make_frame, make_imu, stamps):
    aligner, fresh = Aligner(tiny_card, SETTINGS), Aligner(tiny_card, SETTINGS)
    for stamp_ms in stamps:
        aligner.add_imu([make_imu(stamp_ms, (float(stamp_ms),) * 6)])
        aligner.observe(make_frame(stamp_ms, 4, 6), stamp_ms * MS)
    aligner.reset()
    assert aligner.frames_dropped == 0
    answers = []
    for one in (aligner, fresh):
        one.add_imu([make_imu(20)])
        answers.append(one.observe(make_frame(30, 4, 6), 40 * MS))
    after, expected = answers
    assert (after.dt_s, after.image_age_s, after.imu_age_s) == (
        expected.dt_s,
        expected.image_age_s,
        expected.imu_age_s,
    )
    assert np.array_equal(after.imu, expected.imu) and np.array_equal(after.image, expected.image)
