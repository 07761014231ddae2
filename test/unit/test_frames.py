"""The frames of autopilots: conversions hold for every vector and every yaw."""

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from liquid_control.platforms._frames import (
    enu_to_ned,
    flu_to_enu,
    flu_to_frd,
    flu_to_ned,
    wrap,
    yaw_enu_to_ned,
    yaw_of,
)

NUMBERS = st.floats(-10.0, 10.0, allow_subnormal=False)
VECTORS = st.tuples(NUMBERS, NUMBERS, NUMBERS)
YAWS = st.floats(-10.0, 10.0)
FORWARD, LEFT, UP = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
EAST, NORTH, WEST = 0.0, math.pi / 2, math.pi


def near(vector):
    return pytest.approx(vector, abs=1e-9)


@pytest.mark.parametrize(
    ("yaw_rad", "body", "world"),
    [
        (EAST, FORWARD, (1, 0, 0)),
        (NORTH, FORWARD, (0, 1, 0)),
        (EAST, LEFT, (0, 1, 0)),
        (NORTH, LEFT, (-1, 0, 0)),
        (WEST, FORWARD, (-1, 0, 0)),
        (1.0, UP, (0, 0, 1)),
    ],
)
def test_each_direction_of_the_body_has_its_own_in_east_north_up(yaw_rad, body, world):
    assert flu_to_enu(body, yaw_rad) == near(world)


@pytest.mark.parametrize(
    ("yaw_rad", "body", "world"),
    [
        (0.0, FORWARD, (1, 0, 0)),
        (0.0, LEFT, (0, -1, 0)),
        (math.pi / 2, FORWARD, (0, 1, 0)),
        (math.pi / 2, LEFT, (1, 0, 0)),
        (1.0, UP, (0, 0, -1)),
    ],
)
def test_each_direction_of_the_body_has_its_own_in_north_east_down(yaw_rad, body, world):
    assert flu_to_ned(body, yaw_rad) == near(world)


@given(VECTORS, YAWS)
def test_both_ways_into_the_world_meet(body, yaw_rad):
    through_enu = enu_to_ned(flu_to_enu(body, yaw_rad))
    assert flu_to_ned(body, yaw_enu_to_ned(yaw_rad)) == near(through_enu)


@given(VECTORS, YAWS)
def test_no_speed_is_gained_or_lost_and_up_stays_up(body, yaw_rad):
    world = flu_to_enu(body, yaw_rad)
    assert math.hypot(*world[:2]) == pytest.approx(math.hypot(*body[:2]), abs=1e-9)
    assert world[2] == body[2]
    assert flu_to_ned(body, yaw_rad)[2] == -body[2]


@given(VECTORS, YAWS)
def test_turning_back_brings_back_the_body(body, yaw_rad):
    assert flu_to_enu(flu_to_enu(body, yaw_rad), -yaw_rad) == near(body)


@given(VECTORS)
def test_swaps_of_axes_undo_themselves(vector):
    assert flu_to_frd(flu_to_frd(vector)) == vector
    assert enu_to_ned(enu_to_ned(vector)) == vector


@given(YAWS)
def test_a_yaw_from_north_and_back_is_the_same_direction(yaw_rad):
    there = yaw_enu_to_ned(yaw_rad)
    assert -math.pi <= there <= math.pi
    assert abs(wrap(yaw_enu_to_ned(there) - yaw_rad)) < 1e-9


@given(st.floats(-3.1, 3.1), st.floats(-1.2, 1.2), st.floats(-1.2, 1.2))
def test_the_yaw_of_an_attitude_is_where_its_nose_points_however_it_leans(yaw, pitch, roll):
    assert yaw_of(attitude(yaw, pitch, roll)) == pytest.approx(yaw, abs=1e-9)


@given(st.floats(-3.1, 3.1), st.floats(0.97, 1.03))
def test_rounding_of_an_attitude_does_not_turn_its_yaw(yaw, length):
    q = tuple(length * part for part in attitude(yaw, 0.3, -0.2))
    assert yaw_of(q) == pytest.approx(yaw, abs=1e-9)


@given(st.tuples(*[st.floats(allow_nan=True, allow_infinity=True)] * 4))
def test_what_is_no_rotation_has_no_yaw(q):
    length = math.sqrt(sum(part * part for part in q))
    assume(not 0.9 < length < 1.1)
    assert yaw_of(q) is None


def attitude(yaw, pitch, roll):
    """Return the quaternion of yaw, then pitch, then roll."""
    (cy, sy), (cp, sp), (cr, sr) = ((math.cos(a / 2), math.sin(a / 2)) for a in (yaw, pitch, roll))
    return (
        cr * cp * cy + sr * sp * sy,
        sr * cp * cy - cr * sp * sy,
        cr * sp * cy + sr * cp * sy,
        cr * cp * sy - sr * sp * cy,
    )
