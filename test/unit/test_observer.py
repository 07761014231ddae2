"""Events in any order become observations with true times, or the one fault that prevents it."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pilots import CARD, GRAVITY, MS, frame, imu, picture, tick

from liquid_control.contract import (
    NANOSECONDS,
    Event,
    Goal,
    Observation,
    Reading,
    goal_input,
    image_input,
    imu_input,
    vector_input,
)
from liquid_control.errors import ConfigError
from liquid_control.safety.faults import Fault, Problem
from liquid_control.safety.settings import SafetySettings
from liquid_control.sensors.observer import MOST_WAITING, Observer

SETTINGS = SafetySettings()
BLIND = msgspec.structs.replace(CARD, inputs={"image": CARD.inputs["image"]})
"""A card without IMU, so that nothing has to be waited for."""

gaps_ms = st.integers(1, 2000)


def watch(events, card=CARD, settings=SETTINGS) -> list[Observation | Problem | None]:
    observer = Observer(card, settings)
    return [observer.take(event) for event in events]


def observed(events, card=CARD, settings=SETTINGS) -> list[Observation]:
    return [o for o in watch(events, card, settings) if isinstance(o, Observation)]


def faults(events, card=CARD, settings=SETTINGS) -> list[Fault]:
    return [o.fault for o in watch(events, card, settings) if isinstance(o, Problem)]


# --- time


@given(gaps=st.lists(gaps_ms, min_size=1, max_size=12))
def test_dt_is_the_difference_of_the_stamps(gaps):
    stamps = np.cumsum([5, *gaps]).tolist()
    seen = observed([frame(ms) for ms in stamps], BLIND)
    assert [o.stamp_ns for o in seen] == [ms * MS for ms in stamps]
    assert [o.dt_s for o in seen[1:]] == [gap * MS / NANOSECONDS for gap in gaps]


def test_the_first_observation_has_the_nominal_dt():
    (first,) = observed([frame(700)], BLIND)
    assert first.dt_s == CARD.timing.nominal_dt_s


@given(stamps=st.lists(st.integers(1, 50), min_size=1, max_size=30))
def test_duplicates_and_late_frames_are_no_news_and_are_counted(stamps):
    observer = Observer(BLIND, SETTINGS)
    seen = [observer.take(frame(ms, 60)) for ms in stamps]
    newest, news = -1, []
    for stamp in stamps:
        news.append(stamp > newest)
        newest = max(newest, stamp)
    assert [answer is not None for answer in seen] == news
    assert observer.dropped == news.count(False)


@given(refused=st.integers(1, 20))
def test_dt_counts_from_the_last_frame_that_was_observed(refused):
    late = [frame(50 * i, 50 * i + 600) for i in range(1, refused + 1)]
    end = 50 * refused + 700
    seen = observed([frame(0), *late, frame(end)], BLIND)
    assert [o.stamp_ns for o in seen] == [0, end * MS]
    assert seen[1].dt_s == pytest.approx(end / 1000)


@given(age_ms=st.integers(-100, 500))
def test_an_observation_tells_how_old_its_frame_is(age_ms):
    (seen,) = observed([frame(1000, 1000 + age_ms)], BLIND)
    assert seen.ages_s["image"] == pytest.approx(age_ms / 1000)


def test_an_observation_has_every_input_of_the_card_in_its_shape_and_dtype():
    inputs = {
        "image": image_input(),
        "imu": imu_input(),
        "goal": goal_input(("chair",), ("red", "blue")),
        "range": vector_input(("near_m", "far_m")),
    }
    card = msgspec.structs.replace(CARD, inputs=inputs)
    events = [
        Event(0, "goal", Goal("chair", "blue")),
        Event(8 * MS, "range", Reading(8 * MS, (0.5, 9.0))),
        imu(10),
        frame(10),
    ]
    (seen,) = observed(events, card)
    assert seen.values.keys() == seen.ages_s.keys() == inputs.keys()
    for name, wanted in inputs.items():
        assert seen.values[name].shape == wanted.shape
        assert seen.values[name].dtype == wanted.dtype
    assert seen.values["goal"].tolist() == [1.0, 0.0, 1.0, 1.0]
    assert seen.ages_s["range"] == pytest.approx(0.002)


def test_another_input_than_the_camera_can_be_the_clock():
    card = msgspec.structs.replace(CARD, clock="imu")
    seen = observed([frame(0), *[imu(ms) for ms in range(5, 50, 5)]], card)
    assert [o.stamp_ns for o in seen] == [ms * MS for ms in range(5, 50, 5)]
    assert all(np.array_equal(o.values["image"], picture(0)) for o in seen)


@given(stamps=st.lists(st.integers(0, 100), min_size=1, max_size=30))
def test_time_never_goes_back_between_observations_whatever_the_clock_is(stamps):
    card = msgspec.structs.replace(CARD, clock="imu", inputs={"imu": imu_input()})
    seen = observed([imu(ms, 100) for ms in stamps], card)
    assert all(o.dt_s > 0 for o in seen)


def test_an_event_for_which_the_policy_has_no_input_is_ignored():
    assert watch([Event(0, "odometry", Reading(0, (1.0,)))]) == [None]


# --- waiting for the IMU


@given(
    late_ms=st.integers(0, 120),
    period_ms=st.integers(5, 60),
    camera_ms=st.sampled_from([16, 33, 50, 100]),
)
@hypothesis_settings(max_examples=30)
def test_a_frame_waits_for_its_samples_but_no_longer_than_wait_s(late_ms, period_ms, camera_ms):
    sampled_ms = [0]
    while sampled_ms[-1] < 1100:  # it keeps no rate: every third interval is half as long again
        sampled_ms.append(sampled_ms[-1] + period_ms * (3 if len(sampled_ms) % 3 == 0 else 2) // 2)
    events = [imu(ms, ms + late_ms) for ms in sampled_ms]
    events += [frame(ms) for ms in range(0, 1000, camera_ms)]
    events += [tick(ms) for ms in range(0, 1200)]
    events.sort(key=lambda event: event.now_ns)
    observer, answered = Observer(CARD, SETTINGS), 0
    for event in events:
        seen = observer.take(event)
        if isinstance(seen, Observation):
            answered += 1
            taken_ms, now_ms = seen.stamp_ns // MS, event.now_ns // MS
            sample_ms = next(ms for ms in sampled_ms if ms >= taken_ms) + late_ms
            ready_ms = max(taken_ms, min(sample_ms, taken_ms + 51))
            assert ready_ms <= now_ms <= ready_ms + 4, "an event answers one frame"
    assert answered >= 0.85 * 1000 / camera_ms


def test_a_frame_does_not_wait_for_the_sample_after_it_where_the_imu_keeps_its_rate():
    events = [*map(imu, range(0, 200, 5)), *(frame(ms) for ms in range(101, 200, 20))]
    observer, waited = Observer(CARD, SETTINGS), []
    for event in sorted(events, key=lambda event: event.now_ns):
        if isinstance(seen := observer.take(event), Observation):
            waited.append(event.now_ns - seen.stamp_ns)
    assert waited == [0] * 5


def test_a_sample_that_is_due_is_waited_for():
    *_, before, after = watch([*map(imu, range(0, 100, 5)), frame(100), imu(100)])
    assert before is None and isinstance(after, Observation)


@given(
    period_ms=st.integers(2, 12),
    offset_ms=st.integers(0, 11),
    delays_ms=st.lists(st.integers(0, 40), min_size=300, max_size=300),
)
@hypothesis_settings(max_examples=50)
def test_delays_of_an_imu_that_keeps_its_rate_do_not_change_what_is_seen(
    period_ms, offset_ms, delays_ms
):
    def seen(delays_ms):
        stamps = range(0, 600, period_ms)
        late = (ms + delay for ms, delay in zip(stamps, delays_ms, strict=False))
        arrivals = accumulate(late, max)  # a topic keeps its order
        events = [
            imu(ms, now_ms, gyro=(ms / 1000, 0.0, 0.0))
            for ms, now_ms in zip(stamps, arrivals, strict=True)
        ]
        events += [frame(ms) for ms in range(100 + offset_ms, 500, 50)]
        events += [tick(ms) for ms in range(0, 650)]
        events.sort(key=lambda event: event.now_ns)
        return [(o.stamp_ns, o.values["imu"].tobytes()) for o in observed(events)]

    assert seen(delays_ms) == seen([0] * 300)


def test_30_fps_with_the_imu_45_ms_late_are_answered():
    events = [imu(ms, ms + 45) for ms in range(0, 2200, 5)]
    events += [frame(round(1000 * i / 30)) for i in range(60)]
    events.sort(key=lambda event: event.now_ns)
    assert len(observed(events)) >= 55
    assert all(o.ages_s["imu"] <= 0.005 for o in observed(events))


def test_the_order_in_which_frame_and_samples_are_delivered_does_not_change_what_is_seen():
    samples = [imu(ms, 60, gyro=(ms / 100, 0.0, 0.0)) for ms in range(0, 55, 5)]
    before = observed([*samples, frame(50, 60)])
    for after in ([frame(50, 60), *samples], [*samples[::-1], frame(50, 60)]):
        (seen,) = observed(after)
        assert np.array_equal(seen.values["imu"], before[0].values["imu"])


def test_two_frames_that_become_ready_at_once_are_both_answered_in_order():
    events = [imu(0), frame(10), frame(40), imu(45), imu(50)]
    assert [o.stamp_ns for o in observed(events)] == [10 * MS, 40 * MS]


def test_a_storm_of_frames_drops_the_oldest_and_is_counted():
    observer = Observer(CARD, SETTINGS)
    observer.take(imu(0))
    storm = 10 * MOST_WAITING
    assert not any(observer.take(frame(700 + i, 1000 + i // 20)) for i in range(storm))
    assert observer.waiting and observer.dropped == storm - MOST_WAITING
    answers = [observer.take(tick(1100 + i)) for i in range(2 * MOST_WAITING)]
    assert sum(isinstance(answer, Observation) for answer in answers) == 0, "the IMU is stale"
    assert not observer.waiting


def test_the_wait_goes_on_over_frames_that_are_faults():
    events = [imu(0), frame(10), frame(12, image=np.zeros((1, 1, 3), np.uint8)), imu(15)]
    assert [o.stamp_ns for o in observed(events)] == [10 * MS]


def test_a_frame_that_waited_in_a_process_that_hung_is_not_flown_when_it_has_grown_old():
    events = [imu(0), frame(10), tick(2000)]
    assert observed(events) == [] and faults(events) == [Fault.CAMERA_STALE]


@pytest.mark.parametrize("wait_s", [0.01, 0.05, 0.2])
def test_the_wait_is_the_operators(wait_s):
    settings = replace(SETTINGS, wait_s=wait_s)
    answers = watch([imu(0), frame(10), *[tick(10 + ms) for ms in range(300)]], CARD, settings)
    answered = next(i for i, answer in enumerate(answers[2:]) if answer is not None)
    assert answered == 1000 * wait_s + 1


# --- a clock that goes back


def test_a_clock_that_goes_back_begins_anew_whatever_event_shows_it():
    flown = [imu(90_000), frame(90_000)]
    for first in (tick(100), imu(100), frame(100)):
        events = [*flown, first, imu(133), frame(133), imu(166), frame(166)]
        assert faults(events) == [Fault.CLOCK_BACK]
        assert [o.stamp_ns // MS for o in observed(events)] == [90_000, 133, 166]
        assert observed(events)[1].dt_s == CARD.timing.nominal_dt_s


def test_what_the_event_brings_that_shows_the_clocks_reset_is_not_lost():
    inputs = {"image": image_input(), "goal": goal_input(("chair",), ("red", "blue"))}
    card = msgspec.structs.replace(CARD, inputs=inputs)
    red, blue = Goal("chair", "red"), Goal("chair", "blue")
    flown = [Event(90_000 * MS, "goal", red), frame(90_000)]
    (_, stands) = observed([*flown, tick(0), frame(10)], card)
    assert stands.values["goal"].tolist() == [1.0, 1.0, 0.0, 1.0], "an order stands"
    (_, changed) = observed([*flown, Event(0, "goal", blue), frame(10)], card)
    assert changed.values["goal"].tolist() == [1.0, 0.0, 1.0, 1.0]


def test_small_disorder_of_the_present_is_no_reset_but_its_sum_is():
    assert faults([frame(1000), tick(950), tick(990), tick(901)], BLIND) == []
    assert faults([tick(1000 - 60 * i) for i in range(4)]) == [Fault.CLOCK_BACK]


def test_the_present_never_goes_back_within_a_flight():
    observer = Observer(BLIND, SETTINGS)
    presents = []
    for event in (tick(1000), tick(950), tick(1010), tick(980)):
        observer.take(event)
        presents.append(observer.now_ns // MS)
    assert presents == [1000, 1000, 1010, 1010]


# --- what the card says


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "lidar"}, "unknown input kind 'lidar'"),
        ({"settings": {}}, "expected the setting 'horizontal_fov_deg', found none"),
        ({"settings": {"horizontal_fov_deg": 190.0}}, "of 0 to 180, found 190"),
        ({"shape": (64, 96)}, r"expected \(height, width, 3\) uint8, found \(64, 96\)"),
    ],
)
def test_a_card_that_cannot_be_observed_is_refused_in_one_line(change, words):
    image = msgspec.structs.replace(CARD.inputs["image"], **change)
    card = msgspec.structs.replace(CARD, inputs={"image": image})
    with pytest.raises(ConfigError, match=words) as caught:
        Observer(card, SETTINGS)
    assert "\n" not in str(caught.value)


@given(stamps=st.lists(st.integers(0, 5000), max_size=10))
def test_reset_forgets_every_reading(stamps):
    used, fresh = Observer(CARD, SETTINGS), Observer(CARD, SETTINGS)
    for ms in stamps:
        used.take(imu(ms, gyro=(float(ms), 0.0, 0.0)))
        used.take(frame(ms))
    used.reset()
    assert used.dropped == 0 and used.now_ns is None
    events = [imu(20, accelerometer=GRAVITY), frame(30), frame(30), imu(35), tick(1000)]
    for event in events:
        after, expected = used.take(event), fresh.take(event)
        if isinstance(expected, Observation):
            assert (after.dt_s, after.ages_s) == (expected.dt_s, expected.ages_s)
            assert np.array_equal(after.values["imu"], expected.values["imu"])
            assert np.array_equal(after.values["image"], expected.values["image"])
        else:
            assert after == expected
