"""Seeds: what is learnt, chosen and reported on never meets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquid_control_sim.evaluation import EVALUATION_SEED
from liquid_control_sim.learning.seeds import (
    CHOICES,
    REPORTED,
    TRAINING,
    VALIDATION,
    flight_seeds,
    validation_seeds,
)

from liquid_control.errors import ConfigError


def test_the_ranges_follow_each_other_without_meeting():
    assert (TRAINING.start, TRAINING.stop) == (0, 500_000)
    assert (CHOICES.start, CHOICES.stop) == (500_000, 800_000)
    assert (VALIDATION.start, VALIDATION.stop) == (800_000, 900_000)
    assert REPORTED.start == EVALUATION_SEED == 900_000


@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 300), min_size=1, max_size=8))
def test_every_stage_has_training_flights_of_its_own(run_seed, counts):
    stages = flight_seeds(run_seed, counts)
    drawn = [seed for stage in stages for seed in stage]
    assert [len(stage) for stage in stages] == counts
    assert len(set(drawn)) == len(drawn)
    assert all(seed in TRAINING for seed in drawn)


def test_another_run_seed_records_other_flights():
    (first,), (second,) = flight_seeds(0, [320]), flight_seeds(1, [320])
    assert len(set(first) & set(second)) < 5


def test_more_rounds_leave_the_earlier_flights_as_they_were():
    assert flight_seeds(3, [20, 10, 10])[:2] == flight_seeds(3, [20, 10])


def test_the_whole_training_range_can_be_flown_and_not_one_flight_more():
    counts = [len(TRAINING) - 5, 5]
    assert {s for stage in flight_seeds(0, counts) for s in stage} == set(TRAINING)
    with pytest.raises(ConfigError, match="at most 500000 training flights, found 500001"):
        flight_seeds(0, [*counts, 1])


def test_validation_flights_are_the_same_for_every_run():
    assert validation_seeds(3) == [800_000, 800_001, 800_002]
