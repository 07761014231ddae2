"""What an expert may know: what a camera has shown so far, where it was then."""

import math

import numpy as np
import pytest
from liquid_control_sim.layout import Place
from liquid_control_sim.scenery.kinds import kind_of
from liquid_control_sim.tasks._known import FAR_M, Known, shape_of
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


def test_nothing_is_seen_from_farther_than_a_camera_can_tell_it():
    assert seen(at(6.0 - FAR_M + 0.1), it=CHAIR)
    assert not seen(at(6.0 - FAR_M - 0.1), it=CHAIR)


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
