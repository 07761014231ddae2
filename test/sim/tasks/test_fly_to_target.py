"""Fly to the target: one chair in a colour, ordered as every flying task orders."""

import colorsys

import pytest
from liquid_control_sim.scenery.colours import SHADES
from liquid_control_sim.scenery.kinds import ORDERABLE
from liquid_control_sim.settings import fitted, world_card, world_of
from liquid_control_sim.tasks import Outcome
from liquid_control_sim.tasks.find import Find
from liquid_control_sim.tasks.fly_to_target import FlyToTarget
from liquid_control_sim.world import draw_episode
from truths import blind_world, flown_by_expert, layouts

from liquid_control.contract import Goal

TASK = FlyToTarget()


def test_the_order_is_to_approach_the_red_chair():
    for layout in layouts(TASK, 20):
        assert TASK.goal(layout, 0) == Goal("chair", "red", "approach")


def test_it_speaks_the_words_of_every_flying_task_and_the_name_of_ones_own_target():
    assert TASK.vocabulary() == Find().vocabulary()
    kinds = FlyToTarget(target="statue").vocabulary().settings["kinds"]
    assert kinds == [*ORDERABLE, "statue"]


@pytest.mark.parametrize(("colour", "hue"), [("red", 0.0), ("blue", 0.62), ("green", 0.35)])
def test_the_chair_has_the_colour_that_the_task_orders(colour, hue):
    settings = world_of(changes={"task": {"colour": colour}})
    assert colour in SHADES
    for seed in range(20):
        episode = draw_episode(settings, seed)
        (chair,) = episode.drawn["chair"]
        found, _, _ = colorsys.rgb_to_hsv(*chair.rgb)
        assert abs((found - hue + 0.5) % 1.0 - 0.5) < 0.12
        assert settings.task.goal(episode.layout, 0).colour == colour


def test_a_policy_without_orders_flies_it_too():
    settings = world_of()
    card = world_card(settings, ["image", "imu"])
    assert list(fitted(settings, card).sensors) == ["image", "imu"]


def test_the_expert_reaches_it():
    world = blind_world("fly_to_target")
    flights = [flown_by_expert(world, seed) for seed in (950_000, 950_001)]
    world.close()
    assert [flight.verdict.outcome for flight in flights] == [Outcome.SUCCESS] * 2


def test_an_object_of_ones_own_can_be_the_target(tmp_path):
    path = tmp_path / "statue.xml"
    geom = '<geom type="box" size="0.25 0.25 0.4" pos="0 0 0.4"/>'
    path.write_text(f"<mujoco><worldbody>{geom}</worldbody></mujoco>")
    statue = {"name": "object", "mjcf": str(path)}
    world = blind_world("fly_to_target", task={"target": "statue"}, scenery={"statue": statue})
    flight = flown_by_expert(world, 950_000)
    assert world.goal == Goal("statue", "red")
    world.close()
    assert flight.verdict.outcome is Outcome.SUCCESS
