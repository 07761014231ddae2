"""Difficulty is of the world: how large, how full, how narrow."""

import math
from dataclasses import replace

import msgspec
import numpy as np
import pytest
from liquid_control_sim.conditions import conditioned
from liquid_control_sim.evaluation.difficulty import (
    Difficulty,
    apparent_size_deg,
    count_and_gap,
    difficulty,
    mean,
)
from liquid_control_sim.layout import Layout, Place
from liquid_control_sim.scenery.chair import Chair
from liquid_control_sim.settings import world_of
from liquid_control_sim.world import draw_episode

SEEDS = range(950_000, 950_004)
FLY = world_of("fly_to_target")


def of(settings):
    """The means over some flights of a world."""
    flights = []
    for seed in SEEDS:
        episode = draw_episode(settings, seed)
        scenery = settings.scenery.items()
        around = [o for key, part in scenery for o in part.obstacles(episode.drawn[key])]
        flights.append(difficulty(settings, episode.layout, around))
    return mean(flights)


def circles(*rows):
    return np.array(rows, float).reshape(-1, 3)


def test_the_target_is_seen_at_the_angle_of_its_longer_side():
    layout = Layout((0.0, 0.0, Chair.height_m / 2), 0.0, {"chair": Place(5.0, 0.0)}, "chair")
    expected = 2 * math.degrees(math.atan(Chair.height_m / 2 / 5.0))
    assert apparent_size_deg(FLY, layout) == pytest.approx(expected)
    assert apparent_size_deg(FLY, replace(layout, target="")) is None


def test_what_is_further_away_looks_smaller():
    near, far = map(of, (FLY, conditioned(FLY, "far")))
    assert near.apparent_size_deg > 1.5 * far.apparent_size_deg > 0


def test_a_gap_is_between_the_edges_of_two_obstacles():
    assert count_and_gap(circles()) == (0, None)
    assert count_and_gap(circles((0, 0, 0.2))) == (1, None)
    found = count_and_gap(circles((0, 0, 0.2), (3, 0, 0.3), (8, 0, 0.5)))
    assert found == (3, pytest.approx(2.5))


def test_circles_between_which_no_vehicle_fits_are_one_obstacle():
    wall = [(0.0, 0.25 * i, 0.1) for i in range(9)]
    assert count_and_gap(circles(*wall)) == (1, None)
    assert count_and_gap(circles(*wall, (3, 0, 0.4))) == (2, pytest.approx(2.5))


def test_a_wood_has_as_many_obstacles_on_its_way_as_were_planted():
    thick = world_of("forest", {"task": {"area_m2": 8.0}})
    thin = msgspec.structs.replace(thick, task=msgspec.structs.replace(thick.task, area_m2=24.0))
    found, sparse = map(of, (thick, thin))
    assert 1 / 16 < found.obstacles_per_m2 < 1 / 3
    assert sparse.obstacles_per_m2 < 0.6 * found.obstacles_per_m2
    assert 1.0 < found.free_gap_m < 2.0


def test_the_target_itself_is_no_obstacle():
    alone = world_of("fly_to_target", {"scenery": {"trees": None, "rocks": None}})
    found = of(alone)
    assert (found.obstacles_per_m2, found.free_gap_m) == (0.0, None)


def test_a_mean_is_over_the_flights_that_have_the_figure():
    found = mean([Difficulty(4.0, 0.1, None), Difficulty(None, 0.3, 2.0)])
    assert found == Difficulty(4.0, 0.2, 2.0)
    assert mean([Difficulty(None, 0.0, None)]) == Difficulty(None, 0.0, None)
