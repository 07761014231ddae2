"""What an expert may know: what a camera has shown so far, where it was then."""

import math

import numpy as np
import pytest
from liquid_control_sim.layout import Place
from liquid_control_sim.scenery.kinds import kind_of
from liquid_control_sim.tasks._known import FAR_M, LEAST_RAD, Known, reach_of, shape_of
from truths import at, layout_of

from liquid_control.contract import Goal

CHAIR = Place(6.0, 0.0, kind="chair", colour="red")


def seen(*looks, **places):
    """Return the names of what was seen by the last of some looks."""
    known = Known(layout_of(**places))
    for truth in looks:
        known.look(truth)
    return set(known.sights)


@pytest.mark.parametrize(("bearing", "is_seen"), [(0.0, True), (0.6, True), (0.9, False)])
@pytest.mark.parametrize("side", [-1.0, 1.0])
def test_a_thing_is_seen_ahead_and_not_aside(bearing, is_seen, side):
    assert ("it" in seen(at(yaw_rad=side * bearing), it=CHAIR)) is is_seen


@pytest.mark.parametrize(
    ("kind", "side_m"),
    [
        ("ball", 2 * kind_of("ball").radius_m),
        ("chair", kind_of("chair").height_m),
        ("box", 2 * kind_of("box").radius_m),
    ],
)
def test_what_can_be_ordered_is_seen_while_it_looks_large_enough(kind, side_m):
    it, reach_m = Place(0.0, 0.0, kind=kind, colour="red"), side_m / LEAST_RAD
    assert reach_m < FAR_M
    assert reach_of(kind) == pytest.approx(reach_m)
    assert seen(at(0.1 - reach_m), it=it)
    assert not seen(at(-0.1 - reach_m), it=it)


@pytest.mark.parametrize("kind", ["car", "tent", "gate"])
def test_nothing_large_is_seen_from_farther_than_a_camera_can_tell_it(kind):
    it = Place(0.0, 0.0, kind=kind, colour="red")
    assert seen(at(0.1 - FAR_M), it=it)
    assert not seen(at(-0.1 - FAR_M), it=it)


@pytest.mark.parametrize("kind", ["trunk", "pole", "fence"])
def test_what_only_stands_in_the_way_is_seen_from_ten_metres_whatever_its_size(kind):
    assert seen(at(-9.9), it=Place(0.0, 0.0, kind=kind))
    assert not seen(at(-10.1), it=Place(0.0, 0.0, kind=kind))


def test_what_is_below_the_picture_is_not_seen():
    assert not seen(at(4.5, z_m=3.0), it=CHAIR)
    assert seen(at(-2.0, z_m=3.0), it=CHAIR)


def test_a_long_thing_is_seen_by_its_end():
    bearing = math.radians(45)
    ends = Place(4.0 * math.cos(bearing), 4.0 * math.sin(bearing), bearing, kind="wall")
    middle_only = Place(ends.x_m, ends.y_m, kind="chair", colour="red")
    assert seen(at(), it=ends)
    assert not seen(at(), it=middle_only)


@pytest.mark.parametrize("kind", ["wall", "boulder"])
def test_what_is_opaque_covers_what_is_behind_it_and_nothing_else(kind):
    screen = Place(3.0, 0.0, kind=kind)
    beside = Place(6.0, 3.5, kind="cone", colour="red")
    ahead = Place(2.0, 0.0, kind="ball", colour="red")
    assert seen(at(), screen=screen, it=CHAIR, beside=beside, ahead=ahead) == {
        "screen",
        "beside",
        "ahead",
    }


def test_a_trunk_covers_nothing():
    assert "it" in seen(at(), trunk=Place(3.0, 0.0, kind="trunk"), it=CHAIR)


def test_from_high_above_one_looks_over_a_wall():
    wall, height_m = Place(3.0, 0.0, kind="wall"), kind_of("wall").height_m
    far = Place(12.0, 0.0, kind="chair", colour="red")
    assert "it" in seen(at(z_m=height_m + 0.6), wall=wall, it=far)


def test_what_hides_is_not_seen_until_it_shows_itself():
    hides = Place(6.0, 0.0, kind="chair", colour="red", hidden_s=((1.0, 3.0),))
    assert not seen(at(time_s=2.0), it=hides)
    assert seen(at(time_s=3.0), it=hides)


def test_what_has_left_the_view_is_known_where_and_when_it_was_last_seen():
    walks = Place(6.0, 0.0, kind="person", colour="red", path=((0.0, 6.0, 0.0), (10.0, 6.0, 10.0)))
    known = Known(layout_of(it=walks))
    known.look(at(time_s=1.0))
    known.look(at(time_s=5.0, yaw_rad=math.pi))
    (sight,) = known.sights.values()
    assert sight.at_s == 1.0
    assert sight.place.y_m == pytest.approx(1.0)


def test_an_order_is_for_its_kind_and_its_colour():
    known = Known(
        layout_of(
            a=CHAIR,
            b=Place(6.0, 2.0, kind="chair", colour="blue"),
            c=Place(6.0, -2.0, kind="cone", colour="red"),
        )
    )
    known.look(at())
    assert [sight.name for sight in known.ordered(Goal("chair", "red"))] == ["a"]


def test_obstacles_are_the_outlines_of_what_was_in_view_lately_but_for_the_target():
    wall = Place(4.0, 2.2, 0.3, kind="wall")
    known = Known(layout_of(it=CHAIR, wall=wall, behind=Place(-3.0, 0.0, kind="trunk")))
    known.look(at(time_s=1.0))
    circles = np.array(kind_of("wall").outline(wall))
    assert np.allclose(known.obstacles(at(time_s=2.9), 2.0, but="it"), circles)
    assert len(known.obstacles(at(time_s=2.9), 2.0)) == len(circles) + 1
    assert known.obstacles(at(time_s=3.1), 2.0).shape == (0, 3)


def test_a_place_without_a_kind_is_called_as_its_key():
    known = Known(layout_of(chair=Place(6.0, 0.0, colour="red")))
    known.look(at())
    assert known.ordered(Goal("chair", "red"))


def test_an_object_of_ones_own_is_taken_for_about_as_large_as_a_chair():
    chair, own = shape_of("chair"), shape_of("statue")
    assert (own.radius_m, own.height_m) == pytest.approx((chair.radius_m, chair.height_m), abs=0.1)
    assert seen(at(), statue=Place(6.0, 0.0))


def walker(speed_m_s: float) -> Place:
    """Return somebody who walks north, 6 m ahead."""
    path = ((0.0, 6.0, -1.0), (10.0, 6.0, -1.0 + 10.0 * speed_m_s))
    return Place(6.0, -1.0, kind="person", path=path)


def circles_after(ahead_s, *times_s, speed_m_s=0.8):
    known = Known(layout_of(it=walker(speed_m_s)))
    for time_s in times_s:
        known.look(at(time_s=time_s))
    return known.obstacles(at(time_s=times_s[-1]), 2.0, "", ahead_s)


def test_what_moves_is_expected_where_two_looks_say_that_it_goes():
    circles = circles_after((0.0, 1.0), 0.0, 0.1)
    assert circles[:, :2] == pytest.approx(np.array([[6.0, -0.92], [6.0, -0.12]]))


def test_one_look_does_not_tell_how_something_moves():
    assert len(circles_after((0.0, 1.0), 0.1)) == 1


def test_two_looks_too_far_apart_do_not_tell_how_something_moves():
    assert len(circles_after((0.0, 1.0), 0.0, 1.0)) == 1


def test_what_stands_is_expected_nowhere_else():
    assert len(circles_after((0.0, 1.0), 0.0, 0.1, speed_m_s=0.0)) == 1


def test_what_walked_out_of_view_is_expected_further_on():
    known = Known(layout_of(it=walker(0.8)))
    for time_s in (0.0, 0.1):
        known.look(at(time_s=time_s))
    away = at(time_s=1.1, yaw_rad=math.pi)
    known.look(away)
    assert known.obstacles(away, 2.0)[0, :2] == pytest.approx([6.0, -0.12])
