"""A search turns until all around was in view, goes ahead towards something, and so on."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquid_control_sim.layout import Place
from liquid_control_sim.scenery.kinds import kind_of
from liquid_control_sim.tasks._known import Known
from liquid_control_sim.tasks._navigator import Navigator, NavigatorSettings
from liquid_control_sim.tasks._search import (
    BEGINS_M,
    ENDS_M,
    LEG_S,
    MOVED_M,
    OFF_OBSTACLE_M,
    OFF_THING_M,
    PATIENCE_RAD,
    TOWARDS_RAD,
    TURN_RAD,
    Search,
    leads_towards,
    room_ahead,
)
from truths import at, clearance, layout_of, track

from liquid_control.contract import VELOCITY, Goal

S = NavigatorSettings()
GOAL = Goal("chair", "red")
TENT = Place(9.0, 0.0, kind="tent", colour="blue")
EMPTY = layout_of()
sides = st.sampled_from([-1.0, 1.0])


def asked(layout, *truths):
    """Return what a search said at each of some states."""
    search, known, said = Search(), Known(layout), []
    for truth in truths:
        known.look(truth)
        said.append(search.goes_ahead(truth, known))
    return said


def turning(rad, from_s=0.0, from_rad=0.0, rate=1.0, **where):
    """Return states every 0.1 s of a turn in place, its end included."""
    steps = math.ceil(abs(rad) / abs(rate) / 0.1)
    return [
        at(yaw_rad=from_rad + rad * i / steps, time_s=from_s + 0.1 * i, **where)
        for i in range(steps + 1)
    ]


# --- when it turns and when it goes


@given(side=sides, start=st.floats(-3.0, 3.0))
def test_it_sets_out_towards_something_once_all_around_was_in_view_whoever_turns(side, start):
    layout = layout_of(tent=TENT)
    heading = -side * TURN_RAD
    early = turning(side * (TURN_RAD - 0.01), from_rad=heading)
    assert not any(asked(layout, *early))
    assert asked(layout, *early, at(yaw_rad=side * 0.01, time_s=9.0))[-1]


def test_turning_to_and_fro_shows_less_than_all_around_and_is_not_enough():
    swings = [at(yaw_rad=2.0 * math.sin(0.3 * i), time_s=0.1 * i) for i in range(200)]
    assert not any(asked(layout_of(tent=TENT), *swings))


def test_standing_still_for_long_is_no_turn():
    assert not any(asked(EMPTY, at(), at(time_s=100.0)))


def test_with_nothing_in_view_it_turns_on_until_its_patience_ends():
    said = asked(EMPTY, *turning(PATIENCE_RAD + 0.05))
    assert said.index(True) == pytest.approx(PATIENCE_RAD / 0.1, abs=2)


def gone(seconds, layout=EMPTY):
    """Return what a search says so long after it has set out."""
    turn = turning(PATIENCE_RAD + 0.01)
    end = turn[-1]
    return asked(layout, *turn, at(yaw_rad=end.yaw_rad, time_s=end.time_s + seconds))[-1]


def test_a_leg_ends_by_the_clock_even_if_nobody_went_ahead():
    assert gone(LEG_S - 0.1)
    assert not gone(LEG_S + 0.1)


def test_after_a_leg_it_turns_anew():
    layout = layout_of(tent=TENT)
    turn = turning(TURN_RAD + 0.01, from_rad=-TURN_RAD)
    later = turn[-1].time_s + LEG_S + 0.1
    again = turning(TURN_RAD - 0.01, from_s=later)
    said = asked(layout, *turn, *again)
    assert said[len(turn) - 1]
    assert not any(said[len(turn) :])


def test_a_leg_does_not_begin_towards_what_is_near_and_ends_before_it():
    radius = kind_of("tent").radius_m
    for room_m, begins in ((BEGINS_M - 0.1, False), (BEGINS_M + 0.1, True)):
        near = Place(radius + OFF_THING_M + room_m, 0.0, kind="tent", colour="blue")
        turn = turning(TURN_RAD + 0.001, from_rad=-TURN_RAD)
        assert asked(layout_of(tent=near), *turn)[-1] is begins
    came = at(near.x_m - radius - OFF_THING_M - ENDS_M + 0.1, 0.0, time_s=turn[-1].time_s + 1.0)
    assert not asked(layout_of(tent=near), *turn, came)[-1]


def test_what_was_there_a_turn_ago_and_is_not_now_stops_nobody():
    turn = turning(PATIENCE_RAD + 0.01, from_rad=math.pi - PATIENCE_RAD)
    later = turn[-1].time_s + LEG_S + 0.1
    again = turning(PATIENCE_RAD + 0.01, from_s=later, from_rad=-PATIENCE_RAD)
    for gone_s, sets_out in ((later, True), (99.0, False)):
        person = Place(3.0, 0.0, kind="person", colour="blue", hidden_s=((gone_s, 99.0),))
        said = asked(layout_of(it=person), *turn, *again)
        assert (said[len(turn) - 1], said[-1]) == (True, sets_out)


# --- what is ahead


@given(bearing=st.floats(-0.6, 0.6))
def test_a_way_leads_towards_what_is_in_view_about_ahead(bearing):
    known = Known(layout_of(tent=TENT))
    looks = at(yaw_rad=bearing)
    known.look(looks)
    assert leads_towards(looks, known.sights.values()) is (abs(bearing) <= TOWARDS_RAD)
    assert not leads_towards(at(yaw_rad=bearing, time_s=0.1), known.sights.values())


@pytest.mark.parametrize(("kind", "off_m"), [("tent", OFF_THING_M), ("trunk", OFF_OBSTACLE_M)])
def test_the_room_ahead_ends_before_the_edge_of_a_thing_and_not_for_what_is_aside(kind, off_m):
    def room(x_m, y_m):
        known = Known(layout_of(it=Place(x_m, y_m, kind=kind, colour="blue")))
        known.look(at(yaw_rad=math.atan2(y_m, x_m)))
        return room_ahead(at(), known.sights.values())

    least_m = kind_of(kind).radius_m + off_m
    assert room(8.0, 0.0) == pytest.approx(8.0 - least_m)
    assert room(8.0, least_m - 0.01) > room(8.0, 0.0)
    assert room(8.0, least_m + 0.01) == math.inf
    assert room(-1.0, 0.0) == math.inf


# --- the expert


def flown(layout, seconds, start=None, goal=GOAL):
    return track(Navigator(VELOCITY), layout, goal, seconds, start)


def test_what_is_too_far_to_be_seen_is_found_and_reached():
    far = layout_of(
        ball=Place(13.0, 2.0, kind="ball", colour="red"), tent=Place(9.0, -2.0, kind="tent")
    )
    end = flown(far, 45.0, goal=Goal("ball", "red"))[-1]
    assert math.dist(end.position_m[:2], (13.0, 2.0)) < 2.5


def test_a_search_for_what_is_nowhere_keeps_away_from_what_is_there():
    things = {
        f"thing_{i}": Place(5.5 * math.cos(a), 5.5 * math.sin(a), kind="car", colour="blue")
        for i, a in enumerate((0.0, 1.6, 3.0, 4.4))
    }
    states = flown(layout_of(**things), 30.0)
    assert min(clearance(states, thing) for thing in things.values()) > 2.4
    assert max(math.hypot(*state.position_m[:2]) for state in states) > 1.0


def test_a_leg_goes_around_a_trunk_on_its_way():
    trunk = Place(3.2, -0.1, kind="trunk")
    states = flown(layout_of(tent=TENT, trunk=trunk), 9.5, at(yaw_rad=-TURN_RAD - 0.1))
    assert clearance(states, trunk) > 0.25
    assert max(state.position_m[0] for state in states) > trunk.x_m


def test_another_order_begins_another_search():
    turn = turning(TURN_RAD + 0.01, from_rad=-TURN_RAD)
    for last, ahead in ((GOAL, True), (Goal("cone", "red"), False)):
        one = Navigator(VELOCITY)
        one.reset(layout_of(tent=TENT))
        for truth in turn[:-1]:
            one.command(truth, GOAL)
        assert (one.command(turn[-1], last).values[0] > 0.0) is ahead


def test_who_turns_past_the_target_without_going_there_is_told_to_go_ahead_all_the_same():
    shows = Place(8.0, 0.0, kind="chair", colour="red", hidden_s=((0.0, 0.9), (1.2, 99.0)))
    one = Navigator(VELOCITY)
    one.reset(layout_of(it=shows, tent=TENT))
    turn = turning(TURN_RAD + 0.01, from_rad=-1.0)
    ahead = [one.command(truth, GOAL).values[0] > 0.0 for truth in turn]
    assert ahead[10]
    assert not any(ahead[50:-1])
    on = turning(2 * math.pi + 1.0 - TURN_RAD, turn[-1].time_s, from_rad=TURN_RAD - 1.0)
    assert any(one.command(truth, GOAL).values[0] > 0.0 for truth in on)


def test_who_has_gone_elsewhere_turns_anew():
    turn = turning(TURN_RAD + 0.01, from_rad=-TURN_RAD)
    for moved_m, ahead in ((MOVED_M - 0.1, True), (MOVED_M + 0.1, False)):
        last = at(yaw_rad=0.01, time_s=9.0, y_m=moved_m)
        assert asked(layout_of(tent=TENT), *turn[:-1], last)[-1] is ahead


@given(z=st.floats(0.3, 6.0))
def test_a_search_goes_to_the_height_of_a_hover_and_holds_it(z):
    states = flown(EMPTY, 14.0, at(z_m=z))
    assert states[-1].position_m[2] == pytest.approx(S.height_m, abs=0.05)
