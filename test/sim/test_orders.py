"""A person's order in place of what a task draws."""

import subprocess
import sys

import numpy as np
import pytest
from liquid_control_sim.evaluation import evaluate
from liquid_control_sim.evaluation.order import order_world
from liquid_control_sim.evaluation.seen import outside
from liquid_control_sim.orders import ordered
from liquid_control_sim.settings import from_data, to_data, world_of

from liquid_control.contract import VELOCITY, PolicyCard, goal_input, image_input
from liquid_control.contract.goals import from_words
from liquid_control.errors import ConfigError
from liquid_control.share import share_file

ROVER = share_file("models/rover_to_target_cfc.onnx")
SEED = 950_000


def layouts(task, count=20):
    return [task.draw(np.random.default_rng([SEED + i])) for i in range(count)]


@pytest.mark.parametrize(
    ("task", "order"),
    [
        ("find", "red cone"),
        ("find", "blue barrel"),
        ("forest", "approach white tent"),
        ("follow", "follow green car"),
        ("hide_and_seek", "yellow chair"),
        ("hike", "purple umbrella"),
        ("rover_to_target", "green barrel"),
    ],
)
def test_every_flight_gives_the_order_and_holds_what_it_names(task, order):
    settings, goal = ordered(world_of(task), order), from_words(order)
    starts = set()
    for layout in layouts(settings.task):
        assert settings.task.goal(layout, 0) == goal
        place = layout.places[layout.target]
        assert (place.kind or "barrel") == goal.kind
        assert place.colour == goal.colour or layout.target == f"{goal.colour}_{goal.kind}"
        starts.add((place.x_m, place.y_m))
    assert len(starts) == 20


def test_an_order_is_a_setting_that_goes_into_the_worlds_data_and_back():
    settings = ordered(world_of("find"), "red cone")
    data = to_data(settings)
    assert data["task"]["order"] == "red cone"
    assert from_data(data) == settings
    assert world_of("find", {"task": {"order": "red cone"}}).task == settings.task


@pytest.mark.parametrize(
    ("task", "order", "words"),
    [
        ("find", "red", "expected 'colour kind'"),
        ("find", "pink cone", "red, orange, yellow"),
        ("find", "red gate", "ball, barrel, box"),
        ("find", "follow red cone", "'approach red cone' for this task"),
        ("follow", "follow red cone", "person, car, ball"),
        ("forest", "red person", "ball, barrel, box"),
        ("rover_to_target", "purple barrel", "red, blue, yellow, green"),
        ("absent", "red cone", "leave it out"),
        ("fly_to_target", "red chair", "such as find"),
    ],
)
def test_an_order_that_a_task_cannot_give_is_refused_with_what_it_can(task, order, words):
    with pytest.raises(ConfigError, match=words) as caught:
        ordered(world_of(task), order)
    assert "\n" not in str(caught.value)


def test_an_order_of_words_that_the_policy_does_not_know_is_refused_with_those_it_knows():
    goal = goal_input(("chair", "cone"), ("red", "blue"))
    card = PolicyCard("p", {"image": image_input(), "goal": goal}, VELOCITY, hidden_size=1)
    assert ordered(world_of("find"), "red cone", card).task.order == "red cone"
    with pytest.raises(ConfigError, match="policy's colours; expected one of red, blue"):
        ordered(world_of("find"), "green cone", card)
    blind = PolicyCard("p", {"image": image_input()}, VELOCITY, hidden_size=1)
    with pytest.raises(ConfigError, match="takes no orders"):
        ordered(world_of("find"), "red cone", blind)


def test_a_pair_that_training_never_has_is_said_to_be_new_and_another_is_not():
    world = to_data(world_of("find"))
    card = PolicyCard(
        "p",
        {"image": image_input()},
        VELOCITY,
        hidden_size=1,
        training={"config": {"world": world}},
    )
    assert outside(to_data(ordered(world_of("find"), "red cone")), card) == ()
    assert outside(to_data(ordered(world_of("find"), "blue barrel")), card) == ("task.pairs",)
    with pytest.raises(ConfigError, match="pairs"):
        world_of("find", {"task": {"order": "blue barrel"}})


def test_an_evaluation_flies_the_order():
    order = order_world(str(ROVER), goal="blue barrel")
    summary = evaluate(str(ROVER), 1, seed=SEED, world=order.world, runner="inline")
    assert summary.world["task"]["order"] == "blue barrel"
    assert summary.trained
    assert summary.successes == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("hover", "--task", "find", "--goal", "pink cone"), "red, orange, yellow"),
        ((ROVER, "--goal", "purple barrel"), "expected one of red, blue, yellow, green"),
        (("hover", "--suite", "flight", "--goal", "red cone"), "--goal does not go with --suite"),
    ],
)
def test_the_command_line_refuses_an_order_in_one_line(options, words):
    command = [sys.executable, "-m", "liquid_control.cli.main", "evaluate", *map(str, options)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
