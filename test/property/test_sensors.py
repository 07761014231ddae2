"""Readings of camera, goal and any other sensor: what belongs to a moment, or the right fault."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pilots import MS, picture

from liquid_control.contract import (
    Frame,
    Goal,
    Intrinsics,
    Reading,
    Timing,
    goal_input,
    image_input,
    odometry_input,
    vector_input,
)
from liquid_control.errors import ConfigError
from liquid_control.safety.faults import Fault, Problem
from liquid_control.safety.settings import SafetySettings
from liquid_control.sensors import STREAMS
from liquid_control.sensors.resample import resample

SETTINGS = SafetySettings()
RANGE = vector_input(("near_m", "far_m"))


def stream(card, settings=SETTINGS):
    return STREAMS.get(card.kind)(card, Timing(), settings)


def shot(ms: int, **changes) -> Frame:
    return replace(Frame(ms * MS, picture(ms)), **changes)


def fault_of(found) -> Fault | None:
    return found.fault if isinstance(found, Problem) else None


def test_there_is_a_stream_for_every_kind_of_the_contract():
    assert {"image", "imu", "goal", "odometry", "vector"} <= set(STREAMS.names())


def test_an_unknown_kind_is_one_line_with_those_there_are():
    with pytest.raises(ConfigError, match="unknown input kind 'lidar': expected one of goal, im"):
        STREAMS.get("lidar")


# --- camera: stamps


@given(age_ms=st.integers(-100, 500))
def test_a_frame_within_the_timeout_is_kept(age_ms):
    camera = stream(image_input())
    assert camera.add(shot(1000), (1000 + age_ms) * MS) is None
    assert np.array_equal(camera.until(1000 * MS).values, picture(1000))


@given(age_ms=st.integers(501, 10**7))
def test_a_frame_that_arrives_too_old_is_late_and_not_stale(age_ms):
    camera = stream(image_input())
    assert fault_of(camera.take(shot(1000), (1000 + age_ms) * MS)) is Fault.CAMERA_LATE
    assert fault_of(camera.until(1000 * MS)) is Fault.CAMERA_LATE


@given(ahead_ms=st.integers(101, 10**7))
def test_a_frame_from_the_future_is_named_and_does_not_hide_the_next(ahead_ms):
    camera = stream(image_input())
    found = camera.add(shot(1000 + ahead_ms), 1000 * MS)
    assert fault_of(found) is Fault.CAMERA_FUTURE and "ahead" in found.detail
    assert camera.add(shot(1010), 1010 * MS) is None
    assert camera.until(1010 * MS).age_s == 0.0


def test_frames_of_stamp_zero_are_unstamped_and_not_late():
    camera = stream(image_input())
    assert fault_of(camera.add(shot(0), 5000 * MS)) is Fault.CAMERA_UNSTAMPED


def test_the_first_frame_of_a_simulation_may_have_stamp_zero():
    camera = stream(image_input())
    assert camera.add(shot(0), 0) is None
    assert camera.until(0).age_s == 0.0


def test_the_smaller_timeout_of_card_and_operator_counts():
    for card_s, operator_s in ((0.3, 2.0), (2.0, 0.3)):
        settings = replace(SETTINGS, camera_timeout_s=operator_s)
        camera = stream(image_input(max_age_s=card_s), settings)
        assert camera.add(shot(1000), 1290 * MS) is None
        assert fault_of(camera.add(shot(1001), 1310 * MS)) is Fault.CAMERA_LATE


@given(stamps=st.lists(st.integers(1, 200), min_size=1, max_size=20), at=st.integers(1, 200))
def test_a_moments_image_is_the_newest_up_to_it(stamps, at):
    camera = stream(image_input())
    kept: list[int] = []
    for ms in stamps:
        camera.add(shot(ms), 200 * MS)
        if not kept or ms > kept[-1]:
            kept.append(ms)
    earlier = [ms for ms in kept if ms <= at]
    found = camera.until(at * MS)
    if earlier:
        assert np.array_equal(found.values, picture(earlier[-1]))
        assert found.age_s == pytest.approx((at - earlier[-1]) / 1000)
    else:
        assert fault_of(found) is Fault.CAMERA_MISSING


def test_a_second_camera_that_is_no_clock_grows_stale():
    camera = stream(image_input())
    camera.add(shot(1000), 1000 * MS)
    assert camera.until(1500 * MS).age_s == 0.5
    assert fault_of(camera.until(1501 * MS)) is Fault.CAMERA_STALE


# --- camera: pixels


def test_a_camera_whose_pixels_never_change_is_frozen_after_its_time():
    camera = stream(image_input())
    for ms in range(0, 4000, 50):
        found = camera.add(shot(ms, image=picture(7)), ms * MS)
        assert fault_of(found) is (Fault.CAMERA_FROZEN if ms > 1500 else None)


@given(frozen=st.integers(31, 80))
def test_a_frozen_camera_is_trusted_again_when_its_pixels_change(frozen):
    camera = stream(image_input())
    for i in range(frozen + 1):
        last = camera.add(shot(50 * i, image=picture(7)), 50 * i * MS)
    assert fault_of(last) is Fault.CAMERA_FROZEN
    ms = 50 * frozen + 50
    assert camera.add(shot(ms), ms * MS) is None
    assert np.array_equal(camera.until(ms * MS).values, picture(ms))


def test_one_changed_pixel_is_enough_not_to_be_frozen():
    camera = stream(image_input())
    for i in range(100):
        assert camera.add(shot(50 * i, image=picture(i)), 50 * i * MS) is None


@pytest.mark.parametrize(
    ("image", "fault"),
    [
        (np.zeros((1, 1, 3), np.uint8), Fault.CAMERA_TINY),
        (np.zeros((0, 0, 3), np.uint8), Fault.CAMERA_TINY),
        (np.zeros((31, 96, 3), np.uint8), Fault.CAMERA_TINY),
        (np.zeros((64, 47, 3), np.uint8), Fault.CAMERA_TINY),
        (np.zeros((64, 96), np.uint8), Fault.CAMERA_INVALID),
        (np.zeros((64, 96, 4), np.uint8), Fault.CAMERA_INVALID),
        (np.zeros((64, 96, 3), np.float32), Fault.CAMERA_INVALID),
        (np.zeros((32, 48, 3), np.uint8), None),
    ],
)
def test_an_image_that_shows_too_little_or_is_no_rgb_is_named(image, fault):
    camera = stream(image_input())
    found = camera.add(shot(10, image=image), 10 * MS)
    assert fault_of(found) is fault
    assert found is None or str(image.shape[0]) in found.detail


@pytest.mark.parametrize("change", [{"frame_id": "rear"}, {"image": np.zeros((48, 64, 3), "u1")}])
def test_a_second_camera_on_the_topic_is_a_fault_of_every_frame_until_it_is_gone(change):
    camera = stream(image_input())
    assert camera.add(shot(0, frame_id="front"), 0) is None
    other = {"frame_id": "front"} | change
    for ms in range(20, 2000, 40):
        found = camera.add(shot(ms, **other), ms * MS)
        assert fault_of(found) is Fault.CAMERA_MIXED and "'front'" in found.detail
        mine = camera.add(shot(ms + 20, frame_id="front"), (ms + 20) * MS)
        assert fault_of(mine) is Fault.CAMERA_MIXED
    ms = ms + 501
    assert camera.add(shot(ms, frame_id="front"), ms * MS) is None


@given(size=st.tuples(st.integers(32, 200), st.integers(48, 200)))
def test_a_frame_of_any_size_becomes_the_cards_size(make_frame, size):
    camera = stream(image_input())
    large = make_frame(100, *size)
    assert camera.add(large, 100 * MS) is None and camera.assumed
    found = camera.until(100 * MS).values
    assert np.array_equal(found, resample(large.image, 64, 96, 80.0))
    assert found.shape == (64, 96, 3) and found.dtype == np.uint8


def test_the_lens_of_the_camera_is_honoured(make_frame):
    camera = stream(image_input())
    wide = replace(make_frame(100, 120, 160), intrinsics=Intrinsics(60.0, 60.0, 80.0, 60.0))
    assert camera.add(wide, 100 * MS) is None and not camera.assumed
    expected = resample(wide.image, 64, 96, 80.0, wide.intrinsics)
    assert np.array_equal(camera.until(100 * MS).values, expected)
    assert not np.array_equal(expected, resample(wide.image, 64, 96, 80.0))


@pytest.mark.parametrize("f", [0.0, -60.0, np.nan, np.inf, 1.0, 1e9])
@pytest.mark.parametrize("c", [80.0, -1.0, np.nan])
def test_a_lens_that_cannot_be_is_a_fault_and_neither_a_crash_nor_an_image(make_frame, f, c):
    for lens in (Intrinsics(f, 60.0, 80.0, 60.0), Intrinsics(60.0, f, c, 60.0)):
        camera = stream(image_input())
        found = camera.add(replace(make_frame(100, 120, 160), intrinsics=lens), 100 * MS)
        assert fault_of(found) is Fault.CAMERA_GEOMETRY and "160x120" in found.detail


@pytest.mark.parametrize(
    "change",
    [
        {"settings": {"horizontal_fov_deg": 0.0}},
        {"settings": {"horizontal_fov_deg": 200.0}},
        {"settings": {"horizontal_fov_deg": "wide"}},
        {"shape": (64, 96, 1)},
        {"dtype": "float32"},
    ],
)
def test_a_card_that_no_camera_can_serve_is_refused(change):
    card = image_input()
    fields = {name: getattr(card, name) for name in card.__struct_fields__} | change
    with pytest.raises(ValueError):
        stream(type(card)(**fields))


# --- the goal


GOALS = goal_input(("chair", "barrel"), ("red", "blue"), ("approach", "follow"))


def test_a_goal_is_one_for_each_word_that_it_says():
    goals = stream(GOALS)
    goals.add(Goal("barrel", "red", "follow"), 0)
    assert goals.until(0).values.tolist() == [0.0, 1.0, 1.0, 0.0, 0.0, 1.0]
    assert goals.until(0).values.dtype == np.float32


def test_no_goal_is_a_fault_and_never_a_guess():
    assert fault_of(stream(GOALS).until(0)) is Fault.GOAL_MISSING


@pytest.mark.parametrize(
    "goal", [Goal("dog", "red"), Goal("chair", "green"), Goal("chair", "red", "attack")]
)
def test_a_goal_outside_the_vocabulary_is_a_fault_that_repeats_it(goal):
    goals = stream(GOALS)
    goals.add(Goal("chair", "red"), 0)
    goals.add(goal, 1)
    found = goals.until(1)
    assert fault_of(found) is Fault.GOAL_UNKNOWN
    assert goal.kind in found.detail and goal.manner in found.detail


def test_a_goal_stands_until_another_is_given():
    goals = stream(GOALS)
    goals.add(Goal("chair", "red"), 0)
    first = goals.until(10**15).values
    assert goals.silence(False, 1e9) is None
    goals.add(Goal("chair", "blue"), 1)
    assert not np.array_equal(goals.until(10**15).values, first)


def test_a_goal_that_cannot_be_read_takes_the_place_of_the_one_before():
    goals, unreadable = stream(GOALS), Problem(Fault.INPUT_INVALID, "no JSON")
    goals.take(Goal("chair", "red"), 0)
    goals.take(unreadable, 1)
    assert goals.until(1) is unreadable
    goals.take(Goal("chair", "red"), 2)
    assert fault_of(goals.until(2)) is None


# --- any other sensor


def test_a_reading_is_given_in_the_cards_shape_with_its_age():
    sensor = stream(RANGE)
    assert sensor.add(Reading(1000 * MS, (0.5, 8.0)), 1010 * MS) is None
    found = sensor.until(1100 * MS)
    assert found.values.tolist() == [0.5, 8.0] and found.values.dtype == np.float32
    assert found.age_s == 0.1


@given(stamps=st.lists(st.integers(1, 200), min_size=1, max_size=20), at=st.integers(1, 200))
def test_the_newest_reading_up_to_a_moment_counts(stamps, at):
    sensor = stream(RANGE)
    kept: list[int] = []
    for ms in stamps:
        sensor.add(Reading(ms * MS, (float(ms), 0.0)), 200 * MS)
        if not kept or ms > kept[-1]:
            kept.append(ms)
    earlier = [ms for ms in kept if ms <= at]
    found = sensor.until(at * MS)
    if earlier:
        assert found.values[0] == earlier[-1]
    else:
        assert fault_of(found) is Fault.INPUT_MISSING


def test_a_thousand_readings_a_second_do_not_hide_that_of_a_late_frame():
    sensor = stream(RANGE)
    for ms in range(2000):
        sensor.add(Reading(ms * MS, (float(ms), 0.0)), ms * MS)
    assert sensor.until(1500 * MS).values[0] == 1500


@pytest.mark.parametrize(
    "reading",
    [
        Reading(MS, (1.0,)),
        Reading(MS, (1.0, 2.0, 3.0)),
        Reading(MS, (1.0, np.nan)),
        Reading(MS, (np.inf, 1.0)),
        Reading(MS, (1.0, 1e38)),
        Reading(102 * MS, (1.0, 2.0)),
    ],
    ids=["short", "long", "nan", "inf", "overflow", "future"],
)
def test_a_reading_that_does_not_fit_the_card_is_named_and_not_kept(reading):
    sensor = stream(RANGE)
    found = sensor.take(reading, MS)
    assert fault_of(found) is Fault.INPUT_INVALID and found.detail
    assert sensor.until(200 * MS) is found
    assert sensor.take(Reading(2 * MS, (1.0, 2.0)), 2 * MS) is None
    assert fault_of(sensor.until(2 * MS)) is None


def test_a_reading_grows_stale_by_the_cards_largest_age():
    sensor = stream(RANGE)
    assert fault_of(sensor.silence(True, 0.3)) is Fault.INPUT_MISSING
    sensor.add(Reading(0, (1.0, 2.0)), 0)
    assert fault_of(sensor.until(200 * MS)) is None
    assert fault_of(sensor.until(201 * MS)) is Fault.INPUT_STALE
    assert sensor.silence(False, 0.2) is None
    assert fault_of(sensor.silence(False, 0.3)) is Fault.INPUT_STALE


def test_odometry_has_the_fields_of_the_contract():
    odometry = stream(odometry_input())
    assert odometry.add(Reading(0, (0.5, 0.0, 0.1, 0.2, 1.3)), 0) is None
    assert odometry.until(0).values.tolist() == pytest.approx([0.5, 0.0, 0.1, 0.2, 1.3])
    assert fault_of(odometry.add(Reading(1, (0.0,) * 4), 1)) is Fault.INPUT_INVALID


@pytest.mark.parametrize("card", [image_input(), GOALS, RANGE], ids=lambda card: card.kind)
def test_reset_forgets_everything(card):
    value = {"image": shot(50), "goal": Goal("chair", "red"), "vector": Reading(50 * MS, (1, 2))}
    used, fresh = stream(card), stream(card)
    used.take(value[card.kind], 50 * MS)
    used.take(Problem(Fault.INPUT_INVALID), 60 * MS)
    used.reset()
    assert used.newest_ns is None and used.problem is None
    assert used.until(50 * MS) == fresh.until(50 * MS)
    assert used.take(value[card.kind], 50 * MS) is None
