"""Forest: a wood that one gets through, a target that one sees, and people who cross the way."""

import math
from itertools import combinations, pairwise

import pytest
from liquid_control_sim.scenery.kinds import kind_of
from liquid_control_sim.tasks import Outcome
from liquid_control_sim.tasks._known import FAR_M, Known, reach_of
from liquid_control_sim.tasks._ordered import NEW_PAIRS
from liquid_control_sim.tasks.forest import CLEARING_M, MOST, WALKER, Forest
from truths import at, blind_world, flown_by_expert, gap_m, layouts

TASK = Forest()
MOVING = Forest(movers=(2, 3))


def target(layout):
    return layout.places[layout.target]


def wood(layout):
    return [p for p in layout.places.values() if not p.colour]


def walkers(layout):
    return [p for p in layout.places.values() if p.kind == WALKER]


def frame(layout, x_m, y_m):
    """Return how far a point is along and aside of the way to the target."""
    length = math.hypot(target(layout).x_m, target(layout).y_m)
    c, s = target(layout).x_m / length, target(layout).y_m / length
    return c * x_m + s * y_m, c * y_m - s * x_m


def test_there_is_room_to_fly_between_any_two_that_stand_there():
    for layout in layouts(TASK, 150):
        assert all(gap_m(a, b) >= TASK.gap_m for a, b in combinations(wood(layout), 2))


def test_there_is_a_clearing_around_the_start_and_around_the_target():
    for layout in layouts(TASK, 150):
        for thing in wood(layout):
            assert gap_m(thing, target(layout)) >= CLEARING_M
            circles = kind_of(thing.kind).outline(thing)
            assert min(math.hypot(x, y) - radius for x, y, radius in circles) >= CLEARING_M


def test_the_wood_stands_between_start_and_target_as_dense_as_the_settings_say():
    counts = []
    for layout in layouts(TASK, 150):
        length = math.hypot(target(layout).x_m, target(layout).y_m)
        assert TASK.target_distance_m[0] <= length <= TASK.target_distance_m[1]
        for thing in wood(layout):
            along, aside = frame(layout, thing.x_m, thing.y_m)
            assert 0.0 <= along <= length
            assert abs(aside) <= 0.5 * TASK.width_m
        counts.append(len(wood(layout)) / (length * TASK.width_m / TASK.area_m2))
    assert 0.6 < sum(counts) / len(counts) <= 1.0


def test_no_flight_has_more_of_a_kind_than_its_world_has_bodies():
    for layout in layouts(Forest(area_m2=2.0, gap_m=0.3, movers=(3, 3)), 50):
        kinds = [place.kind for place in layout.places.values()]
        assert all(kinds.count(kind) <= MOST.get(kind, 1) for kind in kinds)


def test_the_target_can_be_seen_from_the_start():
    assert TASK.target_distance_m[1] <= FAR_M
    for layout in layouts(TASK, 150):
        known = Known(layout)
        x, y, z = layout.start_position_m
        known.look(at(x, y, math.atan2(target(layout).y_m, target(layout).x_m), z))
        assert layout.target in known.sights


def test_a_target_is_as_far_as_the_setting_says_where_its_kind_is_seen_from_there():
    lengths = {}
    for layout in layouts(TASK, 300):
        place = target(layout)
        lengths.setdefault(place.kind, []).append(math.hypot(place.x_m, place.y_m))
    near_m, far_m = TASK.target_distance_m
    for kind, found in lengths.items():
        most_m = min(far_m, reach_of(kind))
        assert near_m <= min(found)
        assert 0.9 * most_m < max(found) <= most_m


def test_a_target_is_farther_than_it_is_seen_only_if_the_setting_leaves_no_choice():
    for layout in layouts(Forest(target_distance_m=(20.0, 30.0)), 50):
        assert math.hypot(target(layout).x_m, target(layout).y_m) == pytest.approx(20.0)


def test_the_start_faces_the_wood():
    for layout in layouts(TASK, 150):
        bearing = math.atan2(target(layout).y_m, target(layout).x_m)
        off = math.remainder(bearing - layout.start_yaw_rad, 2 * math.pi)
        assert abs(off) <= TASK.off_rad


def test_what_is_ordered_is_nobody_who_walks_and_no_pair_kept_for_later():
    kinds = set()
    for layout in layouts(MOVING, 150):
        kinds.add(target(layout).kind)
        assert (target(layout).kind, target(layout).colour) not in NEW_PAIRS
    assert kinds == set(TASK.kinds) - {WALKER}


def test_nobody_walks_unless_it_is_asked_for():
    assert not any(walkers(layout) for layout in layouts(TASK, 150))
    assert {len(walkers(layout)) for layout in layouts(MOVING, 150)} == {2, 3}


def test_walkers_cross_the_way_to_and_fro_for_the_whole_flight():
    for layout in layouts(MOVING, 150):
        for walker in walkers(layout):
            path = walker.path
            assert path[0][0] <= 0.0
            assert path[-1][0] >= MOVING.time_limit_s
            sides = [frame(layout, x, y)[1] for _, x, y in path]
            assert all(a * b < 0 for a, b in pairwise(sides))
            for (t, x, y), (later, a, b) in pairwise(path):
                speed = math.dist((x, y), (a, b)) / (later - t)
                assert 0.3 - 1e-9 <= speed <= 0.8 + 1e-9
            along = frame(layout, walker.x_m, walker.y_m)[0]
            assert 3.5 <= along <= math.hypot(target(layout).x_m, target(layout).y_m) - 3.0


@pytest.mark.parametrize("movers", [(0, 0), (2, 2)])
def test_the_expert_gets_through(movers):
    world = blind_world("forest", task={"movers": movers})
    flights = [flown_by_expert(world, seed) for seed in (950_000, 950_001)]
    world.close()
    assert [flight.verdict.outcome for flight in flights] == [Outcome.SUCCESS] * 2
