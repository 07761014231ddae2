"""A ground may be painted anew for every flight, in any of many looks and colours."""

from __future__ import annotations

import numpy as np
import pytest
from liquid_control_sim.conditions import conditioned
from liquid_control_sim.renderer import Renderer
from liquid_control_sim.scenery.ground import Ground
from liquid_control_sim.scenery.grounds import GROUNDS, PIXELS
from liquid_control_sim.settings import from_data, to_data, world_of
from liquid_control_sim.world import World, draw_episode
from own_things import SEEDS, looking
from worlds import DEFAULT


def textures(look, count=12):
    return [GROUNDS.get(look)().paint(np.random.default_rng(seed)) for seed in range(count)]


@pytest.mark.parametrize("look", GROUNDS.names())
def test_every_look_paints_a_texture_of_many_colours_from_seed_to_seed(look):
    painted = textures(look)
    assert all(one.shape == (PIXELS, PIXELS, 3) and one.dtype == np.uint8 for one in painted)
    assert np.array_equal(painted[0], textures(look, 1)[0])
    assert np.std([one.mean(axis=(0, 1)) for one in painted], axis=0).min() > 10


@pytest.mark.parametrize("look", GROUNDS.names())
def test_a_texture_repeats_without_a_seam(look):
    def step(one, rows):
        return np.abs(one[rows[0]].astype(float) - one[rows[1]]).mean()

    for one in textures(look):
        for turned in (one, one.swapaxes(0, 1)):
            inside = max(step(turned, (i, i + 1)) for i in range(PIXELS - 1))
            assert step(turned, (-1, 0)) <= 1.5 * inside + 2.0


@pytest.mark.parametrize("look", ["tiles", "planks", "stripes"])
def test_some_looks_have_lines(look):
    def lines(name):
        """Return how much rows or columns differ from each other."""
        means = [[one.mean(axis).std(0).mean() for axis in (0, 1)] for one in textures(name)]
        return np.max(means, axis=1).mean()

    assert lines(look) > 1.5 * lines("gravel")


def test_flights_draw_from_the_looks_that_are_named():
    settings = world_of(changes={"scenery": {"ground": {"looks": ["lawn", "tiles"]}}})
    assert from_data(to_data(settings)) == settings
    drawn = [draw_episode(settings, seed).drawn["ground"] for seed in range(30)]
    assert {one.look for one in drawn} == {"lawn", "tiles"}
    assert len({one.seed for one in drawn}) == 30


def test_the_camera_sees_the_ground_of_its_flight():
    own = World(world_of(changes={"scenery": {"ground": {"looks": ["plain"]}}}))
    camera = Renderer(own.model, "front", 30, 30)
    seen, laid = [], []
    for seed in SEEDS:
        own.reset(seed)
        drawn = own.episode.drawn["ground"]
        texture = GROUNDS.get(drawn.look)().paint(np.random.default_rng(drawn.seed))
        below = looking(own, -1.2, camera)
        seen.append(below / below.sum())
        laid.append(texture.mean((0, 1)) / texture.mean((0, 1)).sum())
    camera.close()
    own.close()
    assert np.abs(np.array(seen) - laid).mean() < 0.03


def test_without_looks_a_flight_has_one_of_the_textures_as_ever():
    drawn = [draw_episode(DEFAULT, seed).drawn["ground"] for seed in SEEDS]
    assert all(one.look is None for one in drawn)
    assert Ground().structure() == 0


def test_the_grounds_that_training_never_saw_take_the_place_of_looks():
    painted = world_of(changes={"scenery": {"ground": {"looks": ["lawn"]}}})
    ground = conditioned(painted, "textures").scenery["ground"]
    assert ground == conditioned(DEFAULT, "textures").scenery["ground"]
