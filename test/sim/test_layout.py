"""Where something is at a time of the flight: it stands, walks between knots, and hides."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquid_control_sim.layout import Place

WALK = Place(0.0, 0.0, 0.7, "person", "red", ((1.0, 0.0, 0.0), (3.0, 4.0, 2.0), (4.0, 4.0, 5.0)))
HIDES = Place(1.0, 2.0, hidden_s=((1.0, 2.0), (3.0, 4.5)))


@given(time_s=st.floats(-10.0, 100.0))
def test_what_has_no_path_stands_still(time_s):
    assert HIDES.at(time_s) is HIDES


@pytest.mark.parametrize(
    ("time_s", "x_m", "y_m"),
    [(0.0, 0, 0), (1.0, 0, 0), (2.0, 2, 1), (3.0, 4, 2), (3.5, 4, 3.5), (4.0, 4, 5), (9.0, 4, 5)],
)
def test_what_walks_goes_straight_from_knot_to_knot_and_stays_at_the_last(time_s, x_m, y_m):
    now = WALK.at(time_s)
    assert (now.x_m, now.y_m) == pytest.approx((x_m, y_m))
    assert (now.yaw_rad, now.kind, now.colour) == (0.7, "person", "red")


@given(time_s=st.floats(0.0, 5.0))
def test_it_never_jumps(time_s):
    a, b = WALK.at(time_s), WALK.at(time_s + 0.01)
    assert math.dist((a.x_m, a.y_m), (b.x_m, b.y_m)) < 0.04


@pytest.mark.parametrize(
    ("time_s", "is_hidden"),
    [(0.9, False), (1.0, True), (1.9, True), (2.0, False), (4.4, True), (4.5, False)],
)
def test_what_hides_does_so_from_the_start_to_before_the_end_of_each_time(time_s, is_hidden):
    assert HIDES.is_hidden(time_s) is is_hidden


def test_only_what_walks_or_hides_changes():
    assert [place.changes for place in (WALK, HIDES, Place(0.0, 0.0))] == [True, True, False]
