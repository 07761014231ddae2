"""Gates: a winding course, through one gate after another, in order and between the posts."""

import math
from itertools import pairwise

import pytest
from liquid_control_sim.layout import Place
from liquid_control_sim.scenery.kinds import kind_of
from liquid_control_sim.tasks import Outcome
from liquid_control_sim.tasks.gates import Gates
from truths import at, blind_world, flown_by_expert, layout_of, layouts

from liquid_control.contract import Goal

TASK = Gates()
COURSE = layout_of(
    a=Place(4.0, 0.0, 0.0, kind="gate", colour="red"),
    b=Place(8.0, 2.0, 0.5, kind="gate", colour="red"),
)


def test_a_course_winds_from_gate_to_gate_as_the_settings_say():
    counts = set()
    for layout in layouts(TASK):
        gates = list(layout.places.values())
        counts.add(len(gates))
        points = [(0.0, 0.0), *((gate.x_m, gate.y_m) for gate in gates)]
        legs = list(pairwise(points))
        assert all(3.5 <= math.dist(a, b) <= 5.5 for a, b in legs)
        headings = [math.atan2(b[1] - a[1], b[0] - a[0]) for a, b in legs]
        bends = [b - a for a, b in pairwise(headings)]
        turned = [gate.yaw_rad - h for gate, h in zip(gates, headings, strict=True)]
        for limit, angles in ((TASK.bend_rad, bends), (TASK.turned_rad, turned)):
            assert all(abs(math.remainder(a, 2 * math.pi)) <= limit + 1e-9 for a in angles)
    assert counts == {4, 5, 6}


def test_all_gates_have_one_colour_and_the_order_is_to_pass_them():
    for layout in layouts(TASK):
        (colour,) = {gate.colour for gate in layout.places.values()}
        assert {TASK.goal(layout, done) for done in range(6)} == {Goal("gate", colour, "pass")}


def judge(*states):
    """Return the referee, and its verdict on states that follow each other."""
    referee = TASK.referee(COURSE)
    return referee, [referee.judge(state, None) for state in states][-1]


def through(name: str, aside_m: float = 0.0, z_m: float = 1.2, time_s: float = 1.0, ways=(-1, 1)):
    """Return states before and behind a gate, so far left of its middle."""
    gate = COURSE.places[name]
    c, s = math.cos(gate.yaw_rad), math.sin(gate.yaw_rad)
    return [
        at(
            gate.x_m + 0.5 * way * c - aside_m * s,
            gate.y_m + 0.5 * way * s + aside_m * c,
            gate.yaw_rad,
            z_m,
            time_s,
        )
        for way in ways
    ]


def test_every_gate_is_counted_and_the_last_is_a_success():
    referee, verdict = judge(*through("a"))
    assert (referee.done, verdict) == (1, None)
    referee, verdict = judge(*through("a"), *through("b", time_s=6.0))
    assert (referee.done, verdict.outcome, verdict.time_s) == (2, Outcome.SUCCESS, 6.0)
    assert referee.judge(at(time_s=7.0), "ground") is verdict


def test_a_gate_counts_only_after_the_one_before_it():
    assert judge(*through("b"))[0].done == 0
    assert judge(*through("b"), *through("a"))[0].done == 1


@pytest.mark.parametrize("aside", [-0.7, 0.7])
def test_between_the_posts_is_through(aside):
    assert judge(*through("a", aside))[0].done == 1


@pytest.mark.parametrize("way", [{"aside_m": 1.0}, {"aside_m": -1.0}, {"z_m": 2.9}], ids=str)
def test_beside_or_above_is_not_through_and_needs_another_try(way):
    assert kind_of("gate").half_length_m < 1.0
    assert judge(*through("a", **way))[0].done == 0
    assert judge(*through("a", **way), *through("a"))[0].done == 1


def test_backwards_is_not_through():
    assert judge(at(0.0), *through("a", aside_m=1.0), *through("a", ways=(1, -1)))[0].done == 0


def test_touching_a_post_is_a_collision_and_too_long_a_timeout():
    referee = TASK.referee(COURSE)
    assert referee.judge(at(), "gate_0").outcome is Outcome.COLLISION
    assert judge(at(time_s=TASK.time_limit_s))[1].outcome is Outcome.TIMEOUT


def test_the_shortfall_is_the_way_to_the_last_gate():
    assert TASK.shortfall(at(8.0, -1.0), COURSE) == pytest.approx(3.0)


def test_the_expert_flies_the_course():
    world = blind_world("gates")
    flights = [flown_by_expert(world, seed) for seed in (950_000, 950_002)]
    world.close()
    assert [flight.verdict.outcome for flight in flights] == [Outcome.SUCCESS] * 2
