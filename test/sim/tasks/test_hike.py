"""Hike: one order after another, each as soon as the last is carried out."""

import math

import pytest
from liquid_control_sim.flight import ExpertSteps, fly
from liquid_control_sim.layout import Place
from liquid_control_sim.settings import world_card
from liquid_control_sim.tasks import Outcome
from liquid_control_sim.tasks.hike import Hike, stops
from truths import at, before, blind_world, layout_of, layouts

from liquid_control.contract import Goal
from liquid_control.pipeline import Pilot

TASK = Hike(legs=2)
FIRST = Place(5.0, 0.0, kind="chair", colour="red")
SECOND = Place(-5.0, 0.0, kind="cone", colour="blue")
LAYOUT = layout_of(a=FIRST, b=SECOND, trunk=Place(0.0, 5.0, kind="trunk"))


def test_there_is_something_for_every_leg():
    for legs in (2, 3, 4):
        for layout in layouts(Hike(legs=legs, others=(1, 3)), 100):
            assert len(stops(layout)) >= legs
            assert stops(layout)[0] == layout.target


def test_more_legs_than_things_are_refused():
    with pytest.raises(ValueError, match=r"^expected at most 5 legs, found 6"):
        Hike(legs=6)


def test_the_order_changes_with_what_is_done_and_then_stays():
    goals = [TASK.goal(LAYOUT, done) for done in range(3)]
    assert goals == [Goal("chair", "red"), *[Goal("cone", "blue")] * 2]


def judge(*states):
    """Return the referee, and its verdict on states that follow each other."""
    referee = TASK.referee(LAYOUT)
    return referee, [referee.judge(state, None) for state in states][-1]


def test_the_flight_goes_on_after_a_leg_and_is_a_success_after_the_last():
    first = before(FIRST, time_s=1.0), before(FIRST, time_s=2.0)
    referee, verdict = judge(*first)
    assert (referee.done, verdict) == (1, None)
    second = before(SECOND, time_s=9.0), before(SECOND, time_s=10.0)
    referee, verdict = judge(*first, *second)
    assert (referee.done, verdict.outcome, verdict.time_s) == (2, Outcome.SUCCESS, 10.0)
    assert referee.judge(at(time_s=11.0), "ground") is verdict


def test_the_second_thing_counts_only_after_the_first():
    referee, verdict = judge(*(before(SECOND, time_s=0.1 * i) for i in range(40)))
    assert (referee.done, verdict) == (0, None)


def test_a_collision_or_the_end_of_the_time_ends_it_on_any_leg():
    referee, _ = judge(before(FIRST, time_s=1.0), before(FIRST, time_s=2.0))
    assert referee.judge(at(time_s=3.0), "trunk").outcome is Outcome.COLLISION
    referee, _ = judge(before(FIRST, time_s=1.0), before(FIRST, time_s=2.0))
    assert referee.judge(at(time_s=TASK.time_limit_s), None).outcome is Outcome.TIMEOUT


def test_the_expert_carries_out_every_order_as_it_arrives():
    world = blind_world("hike")
    goals = []
    pilot = Pilot(ExpertSteps(world, world_card(world.settings)))
    flight = fly(world, pilot, 950_000, on_step=lambda _: goals.append(world.goal))
    places = [flight.layout.places[name] for name in stops(flight.layout)][:3]
    world.close()
    assert flight.verdict.outcome is Outcome.SUCCESS
    assert list(dict.fromkeys(goals)) == [Goal(place.kind, place.colour) for place in places]
    last = places[-1]
    assert math.dist(flight.positions_m[-1][:2], (last.x_m, last.y_m)) < 4.0


def test_a_new_order_arrives_once_as_an_event():
    world = blind_world("hike")
    world.reset(950_000)
    orders = []
    expert = world.settings.task.expert(world.settings.vehicle.command)
    expert.reset(world.layout)
    while world.verdict is None:
        orders += [event.value for event in world.events() if event.source == "goal"]
        command = expert.command(world.truth(), world.goal)
        for _ in range(10):
            world.advance(command)
    world.close()
    assert len(orders) == 3
    assert orders == [world.settings.task.goal(world.layout, done) for done in range(3)]
