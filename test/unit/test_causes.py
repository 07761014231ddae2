"""Every cause has a word of its own, and silence is noticed in time."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pilots import CARD, MS, frame, imu, picture, tick

from liquid_control.cli.faults import as_markdown, injections_as_markdown
from liquid_control.contract import Event, Observation
from liquid_control.safety.faults import FAULTS, Fault, Problem
from liquid_control.safety.settings import SafetySettings
from liquid_control.sensors.observer import Observer

SETTINGS = SafetySettings()


def watch(events) -> list[Observation | Problem | None]:
    observer = Observer(CARD, SETTINGS)
    return [observer.take(event) for event in events]


def problems(events) -> list[Fault]:
    return [o.fault for o in watch(events) if isinstance(o, Problem)]


def camera(every_ms=33, until_ms=3000, late_ms=0, **changes):
    return [frame(ms, ms + late_ms, **changes) for ms in range(1000, until_ms, every_ms)]


def inertial(every_ms=5, until_ms=3000, late_ms=0, **changes):
    return [imu(ms, ms + late_ms, **changes) for ms in range(1000, until_ms, every_ms)]


def shifted(events, ms):
    """Return events whose stamps are ahead by so much, as by another clock."""
    return [
        replace(e, value=replace(e.value, stamp_ns=e.value.stamp_ns + ms * MS)) for e in events
    ]


DAY_MS = 86_400_000
CAUSES = {
    "no camera": (inertial(), Fault.CAMERA_MISSING),
    "no imu": (camera(), Fault.IMU_MISSING),
    "nothing": ([], Fault.CAMERA_MISSING),
    "camera gone": (camera(until_ms=1300) + inertial(), Fault.CAMERA_STALE),
    "imu gone": (camera() + inertial(until_ms=1300), Fault.IMU_STALE),
    "0.7 s of latency": (camera(late_ms=700) + inertial(), Fault.CAMERA_LATE),
    "imu 0.7 s late": (camera() + inertial(late_ms=700), Fault.IMU_STALE),
    "stamp 0": (
        [replace(e, value=replace(e.value, stamp_ns=0)) for e in camera()] + inertial(),
        Fault.CAMERA_UNSTAMPED,
    ),
    "camera 490 ms ahead": (shifted(camera(), 490) + inertial(), Fault.CAMERA_FUTURE),
    "imu 1 s ahead": (camera() + shifted(inertial(), 1000), Fault.IMU_FUTURE),
    "foreign imu clock": (camera() + shifted(inertial(), DAY_MS), Fault.IMU_CLOCK),
    "imu clock since boot": (camera() + shifted(inertial(), -DAY_MS), Fault.IMU_CLOCK),
    "foreign camera clock": (shifted(camera(), -DAY_MS) + inertial(), Fault.CAMERA_LATE),
    "1x1 image": (camera(image=np.zeros((1, 1, 3), np.uint8)) + inertial(), Fault.CAMERA_TINY),
    "two cameras": (
        camera() + camera(every_ms=40, frame_id="rear") + inertial(),
        Fault.CAMERA_MIXED,
    ),
    "frozen camera": (camera(image=picture(0)) + inertial(), Fault.CAMERA_FROZEN),
    "imu in g": (camera() + inertial(accelerometer=(0.0, 0.0, 1.0)), Fault.IMU_SCALE),
    "imu on its side": (camera() + inertial(accelerometer=(9.81, 0.0, 0.0)), Fault.IMU_AXES),
    "imu of 100 g": (
        camera() + inertial(accelerometer=(0.0, 0.0, 981.0)),
        Fault.IMU_IMPLAUSIBLE,
    ),
    "imu of nan": (camera() + inertial(accelerometer=(np.nan,) * 3), Fault.IMU_INVALID),
    "resent frame": (
        [frame(1000)] + [frame(1000, ms) for ms in range(1033, 3000, 33)] + inertial(),
        Fault.CAMERA_STALE,
    ),
}


@pytest.mark.parametrize("cause", CAUSES)
def test_every_cause_is_called_by_its_own_word(cause):
    events, expected = CAUSES[cause]
    events = [tick(1000), *events, *[tick(ms) for ms in range(1000, 3000, 50)]]
    events.sort(key=lambda event: event.now_ns)
    seen = zip(events, watch(events), strict=True)
    found = Counter(s.fault for e, s in seen if isinstance(s, Problem) and e.now_ns >= 2000 * MS)
    assert set(found) == {expected}


def test_a_sound_flight_has_no_fault():
    events = sorted([*camera(), *inertial()], key=lambda event: event.now_ns)
    answers = [answer for answer in watch(events) if answer is not None]
    assert all(isinstance(answer, Observation) for answer in answers)
    assert len(answers) >= len(camera()) - 1


def test_a_problem_that_came_instead_of_a_message_is_what_is_said_of_its_input():
    unreadable = Problem(Fault.IMU_INVALID, "two IMUs")
    events = [Event(ms * MS, "imu", unreadable) for ms in range(0, 300, 5)]
    events += [frame(ms) for ms in range(0, 300, 33)]
    answers = watch(sorted(events, key=lambda event: event.now_ns))
    assert {answer for answer in answers if answer is not None} == {unreadable}


def test_a_frame_that_cannot_be_read_is_acted_on_at_once():
    problem = Problem(Fault.CAMERA_INVALID, "encoding 'yuv422'")
    assert watch([imu(0), Event(MS, "image", problem)]) == [None, problem]


# --- silence


def silent_after(events) -> int:
    """Return how many milliseconds after 1,000 the watchdog speaks."""
    observer = Observer(CARD, SETTINGS)
    for event in events:
        observer.take(event)
    answers = (observer.take(tick(1000 + ms)) for ms in range(2000))
    return next(ms for ms, answer in enumerate(answers) if isinstance(answer, Problem))


def test_the_camera_is_stale_by_the_age_of_its_newest_frame():
    flown = [imu(500), frame(500), imu(1000)]
    assert silent_after([*flown, frame(1000)]) == 501
    assert silent_after([*flown, frame(900, 1000)]) == 401, "it was 100 ms old as it came"
    assert silent_after([*flown, frame(1090, 1000)]) == 501, "a stamp ahead does not help it"
    assert silent_after([*flown, frame(1490, 1000)]) == 501, "refused, but heard"
    assert silent_after([*flown, frame(1000), frame(1000), frame(1000)]) == 501


def test_a_frame_that_is_sent_again_and_again_does_not_keep_the_camera_alive():
    observer = Observer(CARD, SETTINGS)
    answers = []
    for ms in range(1000, 2000, 10):
        answers += [
            observer.take(imu(ms)),
            observer.take(frame(1000, ms)),
            observer.take(tick(ms)),
        ]
    stale = [answer for answer in answers if isinstance(answer, Problem)]
    assert {problem.fault for problem in stale} == {Fault.CAMERA_STALE} and len(stale) >= 48


def test_a_camera_that_never_came_is_missing_after_the_timeout():
    assert problems([tick(9000), tick(9500)]) == []
    assert problems([tick(9000), tick(9501)]) == [Fault.CAMERA_MISSING]


def test_the_page_of_faults_is_the_table():
    page = (Path(__file__).parents[2] / "docs/faults.md").read_text()
    assert as_markdown() in page


def test_the_page_of_faults_names_every_fault_that_can_be_flown_with():
    pytest.importorskip("mujoco")
    page = (Path(__file__).parents[2] / "docs/faults.md").read_text()
    assert injections_as_markdown() in page


def test_every_fault_has_a_row_of_one_line_in_each_column():
    assert set(FAULTS) == set(Fault)
    for row in FAULTS.values():
        for said in (row.seen, row.advice, row.threshold, row.reaction.value):
            assert said and not set(said) & {"\n", "|"}


def test_the_thresholds_of_the_table_are_those_of_the_operator():
    settings = SafetySettings(camera_timeout_s=0.25, future_s=0.07)
    assert FAULTS[Fault.CAMERA_STALE].limit(settings) == "0.25 s"
    assert "0.07 s" in FAULTS[Fault.IMU_FUTURE].limit(settings)
    assert not any("{" in row.limit() for row in FAULTS.values())
