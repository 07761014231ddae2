"""Find: what stands where keeps its promises, and only a hover before what was ordered counts."""

import math
from itertools import combinations

import pytest
from liquid_control_sim.layout import Place
from liquid_control_sim.scenery.colours import SHADES
from liquid_control_sim.scenery.kinds import ORDERABLE
from liquid_control_sim.tasks import Outcome
from liquid_control_sim.tasks._flying import KINDS, OBSTACLES
from liquid_control_sim.tasks._ordered import NEW_PAIRS
from liquid_control_sim.tasks.find import Find
from truths import at, before, blind_world, flown_by_expert, gap_m, layout_of, layouts

from liquid_control.contract import Goal

TASK = Find()
CHAIR = Place(5.0, 0.0, kind="chair", colour="red")


def things(layout):
    return [place for place in layout.places.values() if place.colour]


def pair(place):
    return place.kind, place.colour


def test_things_are_different_apart_and_as_far_as_the_settings_say():
    for layout in layouts(TASK, 600):
        found = things(layout)
        assert 3 <= len(found) <= 5
        assert len({pair(place) for place in found}) == len(found)
        assert all(4.0 <= math.hypot(place.x_m, place.y_m) <= 9.0 for place in found)
        for a, b in combinations(found, 2):
            assert math.dist((a.x_m, a.y_m), (b.x_m, b.y_m)) >= TASK.apart_m


def test_the_target_is_one_of_them_and_the_order_names_it():
    for layout in layouts(TASK, 600):
        target = layout.places[layout.target]
        assert TASK.goal(layout, 0) == Goal(target.kind, target.colour, "approach")


def test_every_kind_and_every_colour_is_ordered():
    goals = [TASK.goal(layout, 0) for layout in layouts(TASK, 600)]
    assert {goal.kind for goal in goals} == set(KINDS) == set(ORDERABLE) - {"gate"}
    assert {goal.colour for goal in goals} == set(SHADES)


def test_training_never_sees_the_pairs_that_are_kept_for_later():
    for layout in layouts(TASK, 600):
        assert not {pair(place) for place in things(layout)} & NEW_PAIRS


def test_new_pairs_are_ordered_only_where_they_are_asked_for_and_only_they():
    ordered = set()
    for layout in layouts(Find(pairs="new")):
        first, *others = things(layout)
        ordered.add(pair(first))
        assert not {pair(place) for place in others} & NEW_PAIRS
    assert ordered == NEW_PAIRS


def test_look_alikes_share_the_kind_or_the_colour_of_the_ordered_thing():
    for layout in layouts(Find(look_alike_share=1.0)):
        first, *others = things(layout)
        assert all(o.kind == first.kind or o.colour == first.colour for o in others)
    alike = [
        o.kind == first.kind or o.colour == first.colour
        for first, *others in map(things, layouts(Find(look_alike_share=0.0)))
        for o in others
    ]
    assert sum(alike) < 0.35 * len(alike)


def test_no_flight_has_more_of_a_kind_than_its_world_has_bodies():
    counts = TASK.counts()
    for layout in layouts(TASK, 600):
        kinds = [place.kind for place in layout.places.values()]
        assert all(kinds.count(kind) <= counts[kind] for kind in kinds)


def test_obstacles_leave_room_around_things_and_between_each_other():
    task, seen = Find(obstacles=(4, 4)), set()
    for layout in layouts(task):
        obstacles = [place for place in layout.places.values() if not place.colour]
        seen |= {place.kind for place in obstacles}
        assert len(obstacles) <= 4
        for obstacle in obstacles:
            assert math.hypot(obstacle.x_m, obstacle.y_m) >= 1.8
            assert all(gap_m(obstacle, thing) >= 1.3 for thing in things(layout))
        for a, b in combinations(obstacles, 2):
            assert gap_m(a, b) >= 1.1
    assert seen == set(OBSTACLES)


def judged(*states, touched=None, place=CHAIR):
    """Return the verdict on states that follow each other."""
    referee = TASK.referee(layout_of(it=place))
    return [referee.judge(state, touched) for state in states][-1]


def test_a_hover_before_the_ordered_thing_for_a_second_is_a_success():
    assert judged(before(CHAIR, time_s=3.0), before(CHAIR, time_s=3.9)) is None
    verdict = judged(before(CHAIR, time_s=3.0), before(CHAIR, time_s=4.0))
    assert (verdict.outcome, verdict.time_s) == (Outcome.SUCCESS, 4.0)


@pytest.mark.parametrize(
    "state",
    [{"edge_m": 0.85}, {"edge_m": 2.45}, {"off_rad": 0.25}, {"off_rad": -0.25}, {"speed": 0.3}],
    ids=str,
)
def test_too_near_too_far_askew_or_moving_is_no_success(state):
    assert judged(*(before(CHAIR, time_s=0.1 * i, **state) for i in range(30))) is None


def test_the_distance_is_to_the_edge_of_a_large_thing():
    car = Place(5.0, 0.0, kind="car", colour="red")
    assert judged(before(car), before(car, time_s=1.0), place=car).outcome is Outcome.SUCCESS


def test_touching_is_a_collision_and_too_long_is_a_timeout():
    assert judged(before(CHAIR), touched="chair_1").touched == "chair_1"
    assert judged(at(time_s=TASK.time_limit_s)).outcome is Outcome.TIMEOUT


def test_the_shortfall_falls_while_it_comes_nearer_and_turns_to_the_thing():
    layout = layout_of(it=CHAIR)
    states = [
        before(CHAIR, 6.0, off_rad=1.0),
        before(CHAIR, 3.0, off_rad=1.0),
        before(CHAIR, 3.0),
        before(CHAIR),
    ]
    falls = [TASK.shortfall(state, layout) for state in states]
    assert falls == sorted(falls, reverse=True)
    assert falls[-1] == pytest.approx(0.0)
    assert TASK.info(before(CHAIR, off_rad=0.3), layout)["bearing_rad"] == pytest.approx(-0.3)


def test_the_expert_finds_it_whatever_stands_around():
    world = blind_world("find", task={"others": [4, 4], "obstacles": [4, 4]})
    outcomes = [flown_by_expert(world, seed).verdict.outcome for seed in (950_001, 950_003)]
    world.close()
    assert outcomes == [Outcome.SUCCESS] * 2
