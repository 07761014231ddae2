"""The referee of the task decides once, by the limits, and for good."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from liquid_control_sim.layout import Layout, Place
from liquid_control_sim.tasks import Outcome
from liquid_control_sim.tasks._geometry import look_at
from liquid_control_sim.tasks.fly_to_target import TARGET_HEIGHT_M, FlyToTarget
from liquid_control_sim.vehicles import Truth

TASK = FlyToTarget()
LAYOUT = Layout((0.0, 0.0, 1.0), 0.0, {"chair": Place(0.0, 0.0)}, "chair")
held = st.builds(
    lambda time_s, distance, bearing, speed: (time_s, distance, bearing, speed, None),
    st.just(0.05),
    st.floats(1.31, 2.69),
    st.floats(-0.2, 0.2),
    st.floats(0.0, 0.29),
)
any_moment = held | st.tuples(
    st.floats(0.005, 2.0),
    st.floats(0.5, 5.0),
    st.floats(-3.0, 3.0),
    st.floats(0.0, 1.0),
    st.sampled_from([None, None, None, "tree_3"]),
)


def state_at(
    time_s: float, distance: float = 2.0, bearing: float = 0.0, speed: float = 0.0
) -> Truth:
    """Return a vehicle south of the target, turned away from it by the bearing."""
    place = (0.0, -distance, TARGET_HEIGHT_M)
    return Truth(time_s, place, (speed, 0.0, 0.0), math.pi / 2 - bearing)


def keeps_limits(distance: float, bearing: float, speed: float) -> bool:
    return 1.3 <= distance <= 2.7 and abs(bearing) <= math.radians(12) and speed < 0.3


@given(moments=st.lists(any_moment, max_size=60))
@hypothesis_settings(max_examples=200)
def test_success_falls_exactly_when_the_limits_were_kept_for_the_hold_time(moments):
    referee, now, since, expected = TASK.referee(LAYOUT), 0.0, None, None
    for delta_s, distance, bearing, speed, touched in moments:
        now += delta_s
        if expected is None:
            kept = keeps_limits(distance, bearing, speed)
            since = (now if since is None else since) if kept else None
            if touched:
                expected = Outcome.COLLISION
            elif since is not None and now - since >= TASK.hold_s - 1e-9:
                expected = Outcome.SUCCESS
            elif now >= TASK.time_limit_s:
                expected = Outcome.TIMEOUT
        verdict = referee.judge(state_at(now, distance, bearing, speed), touched)
        assert (verdict and verdict.outcome) is expected


@given(
    first=st.sampled_from(["held", "collision", "timeout"]),
    after=st.lists(any_moment, min_size=1, max_size=20),
)
def test_a_verdict_and_its_time_are_frozen_once_it_has_fallen(first, after):
    referee = TASK.referee(LAYOUT)
    if first == "held":
        referee.judge(state_at(1.0), None)
        verdict = referee.judge(state_at(2.0), None)
    else:
        touched = "rock_1" if first == "collision" else None
        verdict = referee.judge(state_at(25.0, distance=9.0), touched)
    now = 30.0
    assert verdict is not None
    for delta_s, distance, bearing, speed, touched in after:
        now += delta_s
        assert referee.judge(state_at(now, distance, bearing, speed), touched) is verdict


@pytest.mark.parametrize(
    "broken",
    [
        {"distance": 1.29},
        {"distance": 2.71},
        {"bearing": 0.22},
        {"bearing": -0.22},
        {"speed": 0.3},
    ],
    ids=str,
)
def test_one_broken_limit_starts_the_hold_anew(broken):
    referee = TASK.referee(LAYOUT)
    for i in range(10):
        referee.judge(state_at(0.1 * i), None)
    referee.judge(state_at(0.95, **broken), None)
    for i in range(10, 20):
        assert referee.judge(state_at(0.1 * i), None) is None
    assert referee.judge(state_at(2.0), None).outcome is Outcome.SUCCESS


def test_touching_anything_is_a_collision_even_while_holding():
    referee = TASK.referee(LAYOUT)
    referee.judge(state_at(0.0), None)
    verdict = referee.judge(state_at(1.0), "chair")
    assert (verdict.outcome, verdict.time_s, verdict.touched) == (Outcome.COLLISION, 1.0, "chair")


def test_a_flight_that_never_holds_ends_at_the_time_limit():
    referee = TASK.referee(LAYOUT)
    assert referee.judge(state_at(19.99, distance=5.0), None) is None
    assert referee.judge(state_at(20.0, distance=5.0), None).outcome is Outcome.TIMEOUT


@given(yaw=st.floats(-10, 10), bearing=st.floats(-3.1, 3.1), distance=st.floats(0.1, 50))
def test_the_bearing_of_a_target_to_the_left_is_positive(yaw, bearing, distance):
    target = (distance * math.cos(yaw + bearing), distance * math.sin(yaw + bearing), 1.0)
    view = look_at(Truth(0.0, (0.0, 0.0, 1.0), (0.0, 0.0, 0.0), yaw), target)
    assert view.bearing_rad == pytest.approx(bearing, abs=1e-6)
    assert view.distance_m == pytest.approx(distance)
