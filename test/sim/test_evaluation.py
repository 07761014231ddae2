"""Closed-loop evaluation: the shipped policy, honest intervals, the summary's keys."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquid_control_sim.evaluation import EVALUATION_SEED, evaluate, summarize
from liquid_control_sim.imitation.train import ROUND_SEEDS, VALIDATION_FLIGHTS, VALIDATION_SEED
from liquid_control_sim.perturb import perturb
from liquid_control_sim.tasks.fly_to_target import Outcome
from liquid_control_sim.world import WorldSettings

from liquid_control.share import share_file

MODEL = share_file("models/fly_to_target_cfc.onnx")
outcomes = st.lists(st.tuples(st.sampled_from(Outcome), st.floats(0.1, 30.0)), min_size=1)


@pytest.mark.parametrize("suite", ["none", "blackout"])
def test_the_shipped_policy_reaches_its_target(suite):
    summary = evaluate(
        MODEL, 8, seed=EVALUATION_SEED + 500, settings=perturb(WorldSettings(), suite), workers=2
    )
    assert summary.successes == 8
    assert summary.collisions == 0
    assert summary.step_latency_ms["p50"] > 0


def test_the_same_seeds_end_alike_whatever_the_number_of_processes():
    seeds = {}
    for workers in (1, 2):
        flights = []
        evaluate(MODEL, 4, seed=EVALUATION_SEED, workers=workers, on_flight=flights.append)
        seeds[workers] = sorted((f.seed, f.outcome, f.time_s) for f in flights)
    assert seeds[1] == seeds[2]


@given(outcomes)
def test_a_summary_counts_what_it_was_given(flown):
    summary = summarize(flown, [0.2, 0.4], 10.0, "0" * 64, 900_000)
    low, high = summary.success_interval
    assert summary.episodes == len(flown)
    assert summary.successes == sum(o is Outcome.SUCCESS for o, _ in flown)
    assert summary.collisions == sum(o is Outcome.COLLISION for o, _ in flown)
    assert 0.0 <= low <= summary.success_rate + 1e-4
    assert summary.success_rate - 1e-4 <= high <= 1.0
    assert low < high
    assert (summary.time_to_target_s is None) == (summary.successes == 0)
    assert json.loads(json.dumps(summary.to_dict()))["seed"] == 900_000


def test_all_of_a_hundred_is_not_certainty():
    summary = summarize([(Outcome.SUCCESS, 5.0)] * 100, [], 10.0, "", 0)
    assert summary.success_interval == (0.963, 1.0)


def test_training_and_validation_seeds_stay_below_those_of_the_evaluation():
    assert VALIDATION_SEED + VALIDATION_FLIGHTS <= EVALUATION_SEED
    assert 8 * ROUND_SEEDS <= VALIDATION_SEED
