"""Follow: the target walks about, and staying behind it for a while is what counts."""

import math
from itertools import pairwise

import pytest
from liquid_control_sim.layout import Place
from liquid_control_sim.tasks import Outcome
from liquid_control_sim.tasks.follow import Follow
from truths import before, blind_world, flown_by_expert, layout_of, layouts

TASK = Follow()
PATH = ((0.0, 4.0, 0.0), (20.0, 4.0, 10.0), (60.0, 14.0, 10.0))
WALKER = Place(4.0, 0.0, kind="person", colour="red", path=PATH)


def target(layout):
    return layout.places[layout.target]


def test_the_target_walks_from_its_place_to_the_end_of_the_flight():
    for layout in layouts(TASK):
        place = target(layout)
        times = [t for t, _, _ in place.path]
        assert place.path[0] == (0.0, place.x_m, place.y_m)
        assert times == sorted(set(times))
        assert times[-1] >= TASK.time_limit_s


def test_it_walks_as_fast_and_as_far_straight_and_turns_as_the_settings_say():
    for layout in layouts(TASK):
        legs = []
        path = target(layout).path
        for (t, x, y), (later, a, b) in pairwise(path):
            length = math.dist((x, y), (a, b))
            assert 2.0 <= length <= 5.0
            assert 0.3 - 1e-9 <= length / (later - t) <= 0.9 + 1e-9
            legs.append((math.atan2(b - y, a - x), math.hypot(x, y)))
        for (heading, _), (turned, out_m) in pairwise(legs):
            turn = abs(math.remainder(turned - heading, 2 * math.pi))
            assert turn <= TASK.turn_rad + 1e-9 or out_m > TASK.target_distance_m[1]


def test_it_stays_near_and_what_is_in_its_way_is_left_out():
    for layout in layouts(TASK):
        place = target(layout)
        for time_s in range(int(place.path[-1][0])):
            now = place.at(time_s)
            assert math.hypot(now.x_m, now.y_m) < TASK.target_distance_m[1] + TASK.leg_m[1] + 0.1
            for name, other in layout.places.items():
                away_m = math.dist((now.x_m, now.y_m), (other.x_m, other.y_m))
                assert name == layout.target or away_m > 1.9


def test_only_the_target_moves_and_the_order_is_to_follow_it():
    for layout in layouts(TASK):
        assert [p for p in layout.places.values() if p.changes] == [target(layout)]
        goal = TASK.goal(layout, 0)
        assert (goal.kind, goal.colour) == (target(layout).kind, target(layout).colour)
        assert goal.manner == "follow"
        assert goal.kind in TASK.kinds


def judged(*states):
    referee = TASK.referee(layout_of(it=WALKER))
    return [referee.judge(state, None) for state in states][-1]


def behind(until_s: float, **state):
    return [before(WALKER, time_s=0.5 * i, **state) for i in range(int(2 * until_s) + 1)]


def test_ten_seconds_behind_what_walks_are_a_success_at_any_speed():
    assert judged(*behind(9.5)) is None
    assert judged(*behind(10.0, speed=0.9)).outcome is Outcome.SUCCESS
    assert judged(*behind(10.0, edge_m=0.7)).outcome is Outcome.SUCCESS
    assert judged(*behind(10.0, edge_m=3.9)).outcome is Outcome.SUCCESS


@pytest.mark.parametrize("state", [{"edge_m": 0.5}, {"edge_m": 4.1}, {"off_rad": 0.6}], ids=str)
def test_losing_it_for_a_moment_begins_the_time_anew(state):
    states = behind(12.0)
    states[10] = before(WALKER, time_s=5.0, **state)
    assert judged(*states) is None
    assert judged(*states, *behind(16.0)[25:]).outcome is Outcome.SUCCESS


def test_standing_where_the_target_was_is_not_following():
    first = before(WALKER)
    assert judged(*(before(Place(4.0, 0.0, kind="person"), time_s=t) for t in range(20))) is None
    assert judged(first, before(WALKER, time_s=10.0)).outcome is Outcome.SUCCESS


def test_the_expert_follows_it_to_the_end():
    world = blind_world("follow", task={"others": [0, 0]})
    flights = [flown_by_expert(world, seed) for seed in (950_000, 950_005)]
    world.close()
    assert [flight.verdict.outcome for flight in flights] == [Outcome.SUCCESS] * 2
