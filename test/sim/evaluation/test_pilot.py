"""What the shipped pilot can do, in a slice small enough for every test run."""

from pathlib import Path

import pytest
from liquid_control_sim.evaluation import evaluate
from liquid_control_sim.settings import world_of

from liquid_control.policy import load_policy

PILOT = Path(__file__).parents[3] / "models" / "pilot_cfc.onnx"
SEED = 510_000
FLIGHTS = 10


@pytest.mark.parametrize(("task", "least"), [("find", 7), ("fly_to_target", 9), ("follow", 6)])
def test_the_pilot_carries_out_no_fewer_orders_than_it_did(task, least):
    summary = evaluate(PILOT, FLIGHTS, seed=SEED, world=world_of(task), workers=1)
    assert summary.successes >= least


def test_the_pilot_is_small_and_knows_every_word_of_the_flying_tasks():
    card = load_policy(PILOT).card
    assert card.parameters < 300_000
    assert PILOT.stat().st_size < 2_000_000
    words = world_of("find").task.vocabulary().settings
    assert {key: card.inputs["goal"].settings[key] for key in words} == words


def test_the_pilot_says_that_it_was_trained_on_what_it_is_flown_in():
    summary = evaluate(PILOT, 1, seed=SEED, world=world_of("find"), workers=1)
    assert summary.trained is True, summary.outside
