"""The expert asks of its imitator only what a camera can tell: it searches, goes around, stays."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquid_control_sim.layout import Layout, Place
from liquid_control_sim.scenery.kinds import kind_of
from liquid_control_sim.tasks._navigator import Navigator, NavigatorSettings
from truths import at, clearance, layout_of, track

from liquid_control.contract import VELOCITY, Goal, velocity_card

S = NavigatorSettings()
GOAL = Goal("chair", "red")
CHAIR = Place(5.0, 0.0, kind="chair", colour="red")
ALONE = layout_of(it=CHAIR)
heights = st.floats(0.3, 6.0)
sides = st.sampled_from([-1.0, 1.0])


def expert(layout: Layout = ALONE, card=VELOCITY) -> Navigator:
    one = Navigator(card)
    one.reset(layout)
    return one


def said(layout: Layout, *truths, goal: Goal = GOAL):
    """Return the last command of an expert that has come by some states."""
    one = expert(layout)
    return [one.command(truth, goal).values for truth in truths][-1]


# --- the search


@given(away=st.floats(-2.0, 2.0))
def test_without_the_target_in_view_it_only_turns_and_keeps_the_height_of_a_hover(away):
    command = said(ALONE, at(z_m=S.height_m, yaw_rad=math.pi + away))
    assert command == (0.0, 0.0, 0.0, S.search_rate_rad_s)


@given(z=heights)
def test_a_search_sinks_from_above_the_height_of_a_hover_and_climbs_from_below(z):
    up_m_s = said(ALONE, at(z_m=z, yaw_rad=math.pi))[2]
    assert (up_m_s < 0, up_m_s > 0) == (z > S.height_m, z < S.height_m)


@given(side=sides, bearing=st.floats(0.1, 0.6))
def test_it_searches_towards_where_the_target_was_last_seen(side, bearing):
    saw, lost = at(yaw_rad=-side * bearing), at(yaw_rad=math.pi, time_s=10.0)
    assert math.copysign(1.0, said(ALONE, saw, lost)[3]) == side


def test_another_order_is_searched_for_to_the_left_again():
    one = expert()
    one.command(at(yaw_rad=0.5), GOAL)
    assert one.command(at(yaw_rad=math.pi, time_s=10.0), GOAL).values[3] < 0
    assert one.command(at(yaw_rad=math.pi, time_s=10.1), Goal("cone", "blue")).values[3] > 0


def test_a_flight_begins_with_nothing_remembered_of_the_last():
    one = expert()
    one.command(at(yaw_rad=0.5), GOAL)
    one.reset(ALONE)
    assert one.command(at(yaw_rad=math.pi), GOAL).values == (0.0, 0.0, 0.0, S.search_rate_rad_s)


@pytest.mark.parametrize("other", [Goal("chair", "blue"), Goal("cone", "red")])
def test_a_thing_of_another_kind_or_colour_is_not_what_was_ordered(other):
    assert said(ALONE, at(), goal=other)[0] == 0.0


def test_it_goes_on_to_what_has_hidden_for_four_seconds_and_then_searches():
    hides = layout_of(it=replace(CHAIR, hidden_s=((1.0, 60.0),)))
    assert said(hides, at(time_s=0.9), at(time_s=4.8))[0] > 0
    assert said(hides, at(time_s=0.9), at(time_s=5.0))[0] == 0.0


def test_it_knows_nothing_of_a_target_behind_a_wall():
    wall = layout_of(it=CHAIR, wall=Place(2.5, 0.0, kind="wall"))
    assert said(wall, at())[0] == 0.0


# --- the approach


def test_with_the_target_ahead_it_approaches_from_afar_and_retreats_from_too_near():
    assert said(ALONE, at())[0] > 0
    assert said(ALONE, at(4.0))[0] < 0


@given(z=heights)
def test_with_the_target_in_view_it_goes_to_its_hover_height(z):
    up_m_s, rise_m = said(ALONE, at(-5.0, z_m=z))[2], S.height_m - z
    assert abs(rise_m) < 0.01 or up_m_s * rise_m > 0


def test_from_high_above_it_approaches_slowly_so_that_the_target_stays_in_view():
    assert said(ALONE, at(z_m=3.0))[0] < 0.5 * said(ALONE, at(z_m=1.2))[0]


def test_of_two_alike_it_goes_to_the_nearer():
    two = layout_of(far=replace(CHAIR, x_m=9.0, y_m=-3.0), near=replace(CHAIR, y_m=2.0))
    assert said(two, at())[3] > 0


@given(
    x=st.floats(-30.0, 30.0),
    y=st.floats(-30.0, 30.0),
    z=heights,
    yaw=st.floats(-math.pi, math.pi),
    manner=st.sampled_from(["approach", "follow", "pass"]),
)
def test_its_commands_keep_the_limits(x, y, z, yaw, manner):
    narrow = velocity_card(1.0, 0.2, 0.1, 0.5)
    command = expert(card=narrow).command(at(x, y, yaw, z), replace(GOAL, manner=manner))
    for value, field in zip(command.values, narrow.fields, strict=True):
        assert field.low <= value <= field.high


@pytest.mark.parametrize("yaw", [0.0, 2.5])
def test_it_arrives_before_the_target_looks_at_it_and_stays(yaw):
    end = track(expert(), ALONE, GOAL, 15.0, at(-3.0, yaw_rad=yaw))[-1]
    edge_m = CHAIR.x_m - end.position_m[0] - kind_of("chair").radius_m
    assert edge_m == pytest.approx(S.hover_edge_m, abs=0.1)
    assert end.position_m[2] == pytest.approx(S.height_m, abs=0.05)
    assert math.remainder(end.yaw_rad, 2 * math.pi) == pytest.approx(0.0, abs=0.05)
    assert math.hypot(*end.velocity_m_s) < 0.1


def test_it_keeps_behind_what_it_follows():
    path = ((0.0, 5.0, 0.0), (10.0, 13.0, 0.0), (20.0, 13.0, 8.0))
    walks = replace(CHAIR, kind="person", path=path)
    states = track(expert(), layout_of(it=walks), Goal("person", "red", "follow"), 20.0)
    for state in states[100:]:
        now = walks.at(state.time_s)
        away_m = math.dist(state.position_m[:2], (now.x_m, now.y_m))
        assert 1.0 < away_m - kind_of("person").radius_m < 3.5


# --- what stands in the way


TRUNK = Place(4.0, -0.1, kind="trunk")
FAR = replace(CHAIR, x_m=9.0)
BEHIND_A_TRUNK = layout_of(it=FAR, trunk=TRUNK)


def test_it_turns_aside_for_a_trunk_on_the_way_and_not_without_one():
    assert said(BEHIND_A_TRUNK, at())[3] > 0.1
    assert said(layout_of(it=FAR), at())[3] == 0.0


@pytest.mark.parametrize("aside", [-0.3, -0.1, 0.2])
@pytest.mark.parametrize("kind", ["trunk", "pole", "fence"])
def test_it_goes_around_what_it_sees_and_arrives(kind, aside):
    thing = Place(4.0, aside, kind=kind)
    states = track(expert(), layout_of(it=FAR, thing=thing), GOAL, 20.0)
    assert clearance(states, thing) > 0.25
    assert math.dist(states[-1].position_m[:2], (9.0, 0.0)) < 2.3


def test_it_does_not_react_to_what_it_has_not_seen():
    for unseen in (Place(-1.0, 0.0, kind="trunk"), Place(0.3, 1.0, kind="trunk")):
        assert said(layout_of(it=FAR, trunk=unseen), at()) == said(layout_of(it=FAR), at())


def test_it_keeps_clear_of_what_has_left_the_view_for_two_seconds():
    aside = layout_of(it=FAR, trunk=Place(0.6, 0.6, kind="trunk"))
    saw = at(yaw_rad=0.8)
    free = said(layout_of(it=FAR), at())
    assert said(aside, at()) == free
    assert said(aside, saw, at(time_s=1.9))[3] < free[3] - 0.05
    assert said(aside, saw, at(time_s=2.1)) == free


def test_it_slows_down_where_there_is_no_way_around():
    bearings = [0.2 * i for i in range(-10, 11)]
    ring = {
        f"trunk_{i}": Place(1.4 * math.cos(a), 1.4 * math.sin(a), kind="trunk")
        for i, a in enumerate(bearings)
    }
    around = [at(yaw_rad=a, time_s=0.05 * i) for i, a in enumerate(bearings)]
    ahead = at(time_s=1.2)
    assert said(layout_of(it=FAR, **ring), *around, ahead)[0] < 0.7
    assert said(layout_of(it=FAR), *around, ahead)[0] > 1.2


# --- gates


@pytest.mark.parametrize("turned", [-0.5, 0.0, 0.5])
@pytest.mark.parametrize("aside", [-2.0, 0.0, 2.0])
def test_it_passes_a_gate_through_its_middle(turned, aside):
    gate = Place(5.0, aside, turned, kind="gate", colour="red")
    states = track(expert(), layout_of(it=gate), Goal("gate", "red", "pass"), 12.0)
    c, n = math.cos(turned), math.sin(turned)
    away = [(s.position_m[0] - 5.0, s.position_m[1] - aside) for s in states]
    frame = [(c * dx + n * dy, c * dy - n * dx) for dx, dy in away]
    crossings = [b for a, b in pairwise(frame) if a[0] < 0.0 <= b[0]]
    assert [abs(across) < 0.3 for _, across in crossings] == [True]
    assert clearance(states, gate) > 0.25


def test_a_gate_that_was_passed_is_passed_no_more():
    gates = layout_of(
        a=Place(0.1, 0.0, kind="gate", colour="red"), b=Place(5.0, 0.0, kind="gate", colour="red")
    )
    order = Goal("gate", "red", "pass")
    one = expert(gates)
    one.command(at(-0.5), order)
    one.command(at(0.0), order)
    assert one.command(at(0.3), order).values[0] > 0.5


# --- the alarm

RUSHING = {"velocity_m_s": (1.5, 0.0, 0.0)}


def alarmed(truth, layout=BEHIND_A_TRUNK) -> bool:
    one = expert(layout)
    one.command(truth, GOAL)
    return one.is_alarmed(truth)


def test_it_is_alarmed_when_it_is_about_to_touch_what_it_sees():
    near = at(3.0, -0.1, **RUSHING)
    assert alarmed(near)
    assert not alarmed(at(1.0, -0.1, **RUSHING))
    assert not alarmed(at(3.0, -0.1))
    assert not alarmed(replace(near, velocity_m_s=(-1.5, 0.0, 0.0)))
    assert not alarmed(near, layout_of(it=FAR))


def test_nothing_that_was_not_seen_alarms_it():
    assert not alarmed(at(3.0, -0.1, math.pi, **RUSHING))


def test_the_target_itself_alarms_it_too():
    assert alarmed(at(FAR.x_m - 0.9, **RUSHING))


def test_it_goes_behind_somebody_who_walks_across_its_way():
    def left_m_s(path):
        it = Place(3.2, -0.5, kind="person", path=path)
        states = at(velocity_m_s=(1.0, 0.0, 0.0)), at(time_s=0.1, velocity_m_s=(1.0, 0.0, 0.0))
        return said(layout_of(it=CHAIR, who=it), *states)[1]

    stands, walks = ((0.0, 3.2, -0.5),), ((0.0, 3.2, -0.5), (10.0, 3.2, 7.5))
    assert left_m_s(stands) > 0.1
    assert left_m_s(walks) < -0.1
