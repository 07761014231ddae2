"""Two policies are compared on the seeds that both have flown, and only in one world."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquid_control_sim.evaluation import FlightResult, compare, load_summary, summarize
from liquid_control_sim.tasks import Outcome

from liquid_control.errors import ConfigError

WORLD = {"task": {"name": "fly_to_target"}, "wind": {"mean_m_s": [0.0, 4.0]}}
outcomes = st.lists(st.tuples(st.sampled_from(Outcome), st.floats(0.1, 30.0)), min_size=1)


def flown(reached, first_seed=900_000, model="p.onnx", world=WORLD, policy_ms=(), wall_s=10.0):
    """A summary of flights, each an outcome with its time or whether it succeeded."""
    ends = [
        end if isinstance(end, tuple) else (Outcome.SUCCESS if end else Outcome.TIMEOUT, 5.0)
        for end in reached
    ]
    flights = [FlightResult(first_seed + i, o, t) for i, (o, t) in enumerate(ends)]
    return summarize(
        flights,
        policy_ms,
        wall_s,
        model=model,
        model_sha256="0" * 64,
        seed=first_seed,
        task="fly_to_target",
        conditions=(),
        trained=True,
        outside=(),
        world=world,
    )


@given(outcomes)
def test_a_summary_counts_what_it_was_given(ends):
    summary = flown(ends, policy_ms=[0.2, 0.4])
    kinds = [outcome for outcome, _ in ends]
    assert summary.episodes == len(ends)
    assert summary.successes == kinds.count(Outcome.SUCCESS)
    assert summary.collisions == kinds.count(Outcome.COLLISION)
    assert summary.timeouts == kinds.count(Outcome.TIMEOUT)
    assert (summary.time_to_target_s is None) == (summary.successes == 0)
    assert summary.step_latency_ms["p50"] == pytest.approx(0.3)
    assert [(f.outcome, f.time_s) for f in summary.flights] == ends


def test_a_summary_is_read_back_as_it_was_written(tmp_path):
    summary = flown([True, False, (Outcome.COLLISION, 2.5)])
    path = tmp_path / "summary.json"
    path.write_text(json.dumps(summary.to_dict()))
    assert load_summary(path) == summary


def test_every_seed_is_in_one_of_four_boxes():
    found = compare(flown([1, 1, 1, 0, 0]), flown([1, 0, 0, 1, 0]))
    assert (found.both, found.only_a, found.only_b, found.neither) == (1, 2, 1, 1)
    assert found.difference == pytest.approx(0.2)


def test_only_seeds_that_both_have_flown_count():
    found = compare(flown([1, 1, 1, 1]), flown([0, 0, 0, 0], first_seed=900_002))
    assert (found.seeds, found.only_a, found.both) == (2, 2, 0)


def test_a_clear_difference_has_a_small_p_and_an_interval_without_zero():
    found = compare(flown([1] * 20), flown([0] * 12 + [1] * 8))
    assert found.p_value < 0.001
    assert 0 < found.difference_interval[0] <= 0.6 <= found.difference_interval[1]


def test_flights_without_a_common_seed_are_not_compared():
    with pytest.raises(ConfigError, match="two seeds or more"):
        compare(flown([1, 1]), flown([1, 1], first_seed=950_000))


def test_flights_of_different_worlds_are_not_compared():
    windy = {**WORLD, "wind": {"mean_m_s": [5.0, 8.0]}}
    with pytest.raises(ConfigError, match=r"differ in wind\.mean_m_s"):
        compare(flown([1, 1]), flown([1, 1], world=windy))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"episodes": 1}', "no JSON"])
def test_what_is_no_summary_is_refused_by_its_name(text, tmp_path):
    path = tmp_path / "a.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"a\.json"):
        load_summary(path)
