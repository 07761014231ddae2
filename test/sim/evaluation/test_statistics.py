"""Intervals and tests: against numbers from books, and against what must always hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquid_control_sim.evaluation.statistics import (
    difference_interval,
    mcnemar_p,
    wilson_interval,
)


def test_all_of_a_hundred_is_not_certainty():
    assert wilson_interval(100, 100) == (0.963, 1.0)


@given(st.integers(1, 500), st.data())
def test_the_interval_holds_the_rate(flights, data):
    successes = data.draw(st.integers(0, flights))
    low, high = wilson_interval(successes, flights)
    assert low - 1e-4 <= successes / flights <= high + 1e-4


def test_mcnemar_is_a_fair_coin_on_the_seeds_that_differ():
    assert mcnemar_p(10, 0) == pytest.approx(2 / 2**10)
    assert mcnemar_p(5, 5) == 1.0
    assert mcnemar_p(3, 9) == mcnemar_p(9, 3)


def test_policies_that_never_differ_do_not_differ():
    assert mcnemar_p(0, 0) == 1.0
    assert difference_interval([True, False] * 20, [True, False] * 20) == (0.0, 0.0)


def test_the_bootstrap_pairs_the_seeds():
    a = [True] * 30 + [False] * 10
    b = [True] * 20 + [False] * 20
    low, high = difference_interval(a, b)
    assert 0.1 < low < 0.25 < high <= 0.4  # unpaired it would reach from 0.05 to 0.45


def test_the_bootstrap_of_the_same_flights_is_the_same():
    a, b = [True, True, False, True] * 5, [True, False, False, True] * 5
    assert difference_interval(a, b) == difference_interval(a, b)
