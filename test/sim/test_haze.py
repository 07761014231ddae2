"""Haze hides what is far, takes the colour of the sky, and is in its share of the flights."""

from __future__ import annotations

import numpy as np
import pytest
from liquid_control_sim.renderer import Renderer
from liquid_control_sim.settings import load_world, world_of
from liquid_control_sim.world import World, draw_episode
from own_things import looking, written
from worlds import DEFAULT, SEED

from liquid_control.errors import ConfigError

BLUE = {"zenith": [0.2, 0.3, 0.9], "horizon": [0.2, 0.3, 0.9]}


def hazy(visibility_m, share=1.0, **sky):
    haze = {"visibility_m": [visibility_m, visibility_m], "share": share, "tint": 0.0}
    scenery = {"sky": {**BLUE, **sky}, "haze": haze, "trees": {"count": [0, 0]}}
    return world_of(changes={"scenery": scenery})


@pytest.fixture(scope="module")
def hazed():
    """A world that can have haze, and a camera in it."""
    made = World(hazy(100.0))
    camera = Renderer(made.model, "front", 30, 30)
    yield made, camera
    camera.close()
    made.close()


def ground_of(hazed, settings):
    """Return the colour of the ground 30 m below."""
    made, camera = hazed
    made.reset(SEED, settings)
    return looking(made, -1.5, camera)


def test_a_twentieth_of_a_contrast_is_left_where_visibility_ends(hazed):
    clear = ground_of(hazed, hazy(100.0, share=0.0))
    seen = ground_of(hazed, hazy(30.0))
    haze = 255 * hazed[0].model.vis.rgba.fog[:3]
    assert np.abs(clear - haze).max() > 60
    left = (seen - haze) / (clear - haze)
    assert left[np.argmax(np.abs(clear - haze))] == pytest.approx(0.05, abs=0.03)


def test_the_further_one_sees_the_clearer_is_the_ground(hazed):
    clear = ground_of(hazed, hazy(100.0, share=0.0))
    differences = [np.abs(ground_of(hazed, hazy(m)) - clear).mean() for m in (30.0, 100.0, 400.0)]
    assert differences[0] > differences[1] > differences[2] > 1.0


def test_haze_has_the_colour_of_the_sky_half_way_to_grey(hazed):
    made, _ = hazed
    made.reset(SEED, hazy(100.0))
    red, green, blue = made.model.vis.rgba.fog[:3]
    grey = np.mean([0.2, 0.3, 0.9])
    assert (red, green, blue) == pytest.approx([(c + grey) / 2 for c in (0.2, 0.3, 0.9)], abs=0.01)


def test_haze_is_never_black(hazed):
    made, _ = hazed
    made.reset(SEED, hazy(100.0, zenith=[0, 0, 0], horizon=[0, 0, 0]))
    assert made.model.vis.rgba.fog[:3].min() > 0.1


def test_a_flight_after_a_hazy_one_is_as_clear_as_one_without_any(hazed):
    ground_of(hazed, hazy(30.0))
    after = ground_of(hazed, hazy(30.0, share=0.0))
    own = World(world_of(changes={"scenery": {"sky": BLUE, "trees": {"count": [0, 0]}}}))
    own.reset(SEED)
    camera = Renderer(own.model, "front", 30, 30)
    assert looking(own, -1.5, camera) == pytest.approx(after, abs=0.01)
    camera.close()
    own.close()


def test_haze_is_in_its_share_of_the_flights():
    scenery = {"haze": {"share": 0.25, "visibility_m": [50.0, 200.0]}}
    settings = world_of(changes={"scenery": scenery})
    drawn = [draw_episode(settings, seed).drawn["haze"].visibility_m for seed in range(200)]
    seen = [one for one in drawn if one is not None]
    assert 30 <= len(seen) <= 70
    assert 50.0 <= min(seen) < 80.0 and 130.0 < max(seen) <= 200.0


def test_the_default_world_has_no_haze(world):
    world.reset(SEED, DEFAULT)
    assert "haze" not in DEFAULT.scenery
    assert world.model.vis.map.fogstart > 0.0


@pytest.mark.parametrize("visibility_m", ["[0, 10]", "[100, 50]"])
def test_a_range_of_visibility_that_is_none_is_one_line(tmp_path, visibility_m):
    path = written(tmp_path, f"scenery: {{haze: {{visibility_m: {visibility_m}}}}}")
    with pytest.raises(ConfigError, match=r"scenery.haze[^\n]*visibility_m above 0[^\n]*$"):
        load_world(path)
