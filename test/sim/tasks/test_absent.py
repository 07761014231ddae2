"""Absent: the order is for what stands nowhere, and nothing is what should happen."""

import pytest
from liquid_control_sim.layout import Place
from liquid_control_sim.tasks import Outcome
from liquid_control_sim.tasks._navigator import NavigatorSettings
from liquid_control_sim.tasks._ordered import NEW_PAIRS
from liquid_control_sim.tasks.absent import Absent
from truths import at, before, blind_world, flown_by_expert, layout_of, layouts

TASK = Absent()
CHAIR = Place(5.0, 0.0, kind="chair", colour="red")
LAYOUT = layout_of(it=CHAIR, trunk=Place(0.0, 2.0, kind="trunk"))


def test_what_is_ordered_stands_nowhere_but_something_like_it_does():
    ordered = set()
    for layout in layouts(TASK):
        goal, target = TASK.goal(layout, 0), layout.places[layout.target]
        there = {(place.kind, place.colour) for place in layout.places.values()}
        assert (goal.kind, goal.colour) not in there | NEW_PAIRS
        assert (goal.kind == target.kind) != (goal.colour == target.colour)
        assert TASK.goal(layout, 0) == goal
        ordered.add((goal.kind, goal.colour))
    assert len(ordered) > 60


def test_a_flight_starts_about_at_the_height_of_a_search():
    low_m, high_m = TASK.start_height_m
    height_m = NavigatorSettings().height_m
    assert max(height_m - low_m, high_m - height_m) <= 0.5 * TASK.height_error_m


def judged(*states, touched=None):
    referee = TASK.referee(LAYOUT)
    return [referee.judge(state, touched) for state in states][-1]


def test_a_flight_in_which_nothing_happens_is_a_success_at_its_end():
    assert judged(at(time_s=29.9)) is None
    assert judged(at(time_s=30.0)).outcome is Outcome.SUCCESS
    assert judged(at(0.0, 1.0, 1.5, 1.6, 30.0)).outcome is Outcome.SUCCESS


@pytest.mark.parametrize(
    "state",
    [at(z_m=0.65), at(z_m=1.75), before(CHAIR, 2.3)],
    ids=["low", "high", "near"],
)
def test_sinking_rising_or_going_to_something_else_is_astray_for_good(state):
    assert judged(state).outcome is Outcome.ASTRAY
    assert judged(state, at(time_s=30.0)).outcome is Outcome.ASTRAY


def test_what_only_stands_in_the_way_may_be_near():
    assert judged(at(0.0, 1.0)) is None


def test_touching_anything_is_a_collision():
    assert judged(at(), touched="trunk").outcome is Outcome.COLLISION


def test_the_expert_searches_and_keeps_off():
    world = blind_world("absent")
    flight = flown_by_expert(world, 950_000)
    world.close()
    assert flight.verdict.outcome is Outcome.SUCCESS
