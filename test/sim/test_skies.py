"""Each flight has a sky and a horizon of its own, painted without a seam."""

from __future__ import annotations

import numpy as np
import pytest
from liquid_control_sim.scenery._faces import PIXELS, angles, directions
from liquid_control_sim.scenery.horizons import HORIZONS, light_of, stand
from liquid_control_sim.scenery.skies import SKIES
from liquid_control_sim.scenery.sky import Sky, SkyDrawn, painted
from liquid_control_sim.settings import from_data, load_world, to_data, world_of
from liquid_control_sim.world import World, draw_episode
from own_things import SEEDS, written
from worlds import DEFAULT, SEED

from liquid_control.errors import ConfigError

ZENITH, HORIZON = (0.2, 0.4, 0.8), (0.8, 0.8, 0.9)
STANDING = [name for name in HORIZONS.names() if name != "none"]
PAINTED = [name for name in SKIES.names() if name != "gradient"]


def faces_of(look="gradient", skyline="none", seed=SEED):
    return painted(SkyDrawn(ZENITH, HORIZON, None, look, skyline, seed))


def step(before, after):
    return np.abs(before.astype(float) - after).mean()


@pytest.mark.parametrize("look", SKIES.names())
def test_every_look_paints_six_faces(look):
    faces = faces_of(look)
    assert faces.shape == (6, PIXELS, PIXELS, 3) and faces.dtype == np.uint8
    assert faces.std() > 1.0


@pytest.mark.parametrize("look", PAINTED)
def test_a_look_differs_from_seed_to_seed_and_is_the_same_for_one(look):
    first, other = faces_of(look, seed=1), faces_of(look, seed=2)
    assert np.array_equal(first, faces_of(look, seed=1))
    assert np.abs(first.astype(float) - other).mean() > 3.0


@pytest.mark.parametrize("look", ["clouds", "overcast", "sunset"])
@pytest.mark.parametrize("skyline", ["none", "hills"])
def test_the_faces_to_the_east_and_to_the_north_meet_without_a_seam(look, skyline):
    assert np.abs(directions()[:, 0, :, -1] - directions()[:, 5, :, 0]).max() < 0.03
    skies = [faces_of(look, skyline, seed) for seed in range(8)]
    across = np.mean([step(faces[0][:, -1], faces[5][:, 0]) for faces in skies])
    inside = np.mean([step(faces[0][:, 1:], faces[0][:, :-1]) for faces in skies])
    assert across < 2 * inside + 0.5


def test_a_night_is_dark_and_an_overcast_day_is_grey():
    night = np.stack([faces_of("night", seed=seed) for seed in range(8)])
    grey = np.stack([faces_of("overcast", seed=seed) for seed in range(8)]).astype(float)
    assert night.mean() < 60 < grey.mean()
    assert (grey.max(-1) - grey.min(-1)).mean() < 25


@pytest.mark.parametrize("skyline", STANDING)
def test_what_stands_at_the_horizon_leaves_the_sky_above_it_alone(skyline):
    bare, stood = faces_of(), faces_of(skyline=skyline)
    changed = (bare != stood).any(-1)
    elevation = angles()[1]
    assert not changed[elevation > 0.35].any()
    assert changed[np.abs(elevation) < 0.02].mean() > 0.5


@pytest.mark.parametrize("skyline", STANDING)
def test_what_stands_at_the_horizon_is_dark_at_night(skyline):
    low = np.abs(angles()[1]) < 0.02

    def brightness(look):
        return np.mean([faces_of(look, skyline, seed)[low].mean() for seed in range(6)])

    assert brightness("night") < 0.6 * brightness("overcast")


def test_a_silhouette_stands_where_its_column_is():
    top = np.full(512, -1.0, np.float32)
    top[256 - 8 : 256 + 8] = 0.2  # azimuth 0 is the middle
    faces = np.zeros((6, PIXELS, PIXELS, 3), np.uint8)
    stood = stand(faces, top, np.ones((512, 3), np.float32))
    x, y, z = directions()
    white = stood[..., 0] == 255
    above = white & (z > 0)
    assert above.any() and (x[above] > 0.9).all() and (np.abs(y[above]) < 0.15).all()


def test_a_hall_has_no_horizon():
    assert np.array_equal(faces_of("hall", "woods"), faces_of("hall", "none"))


def test_light_at_the_horizon_is_between_black_and_white():
    assert light_of(np.zeros((6, PIXELS, PIXELS, 3), np.uint8)) == 0.0
    assert light_of(np.full((6, PIXELS, PIXELS, 3), 255, np.uint8)) == pytest.approx(1.0)


def test_flights_draw_from_the_looks_that_are_named():
    changes = {"sky": {"looks": ["night", "clouds"], "horizons": ["hills", "none"]}}
    settings = world_of(changes={"scenery": changes})
    assert from_data(to_data(settings)) == settings
    drawn = [draw_episode(settings, seed).drawn["sky"] for seed in range(30)]
    assert {one.look for one in drawn} == {"night", "clouds"}
    assert {one.skyline for one in drawn} == {"hills", "none"}
    assert len({one.seed for one in drawn}) == 30


def test_the_sky_that_was_drawn_is_in_the_model_of_every_flight():
    settings = world_of(changes={"scenery": {"sky": {"looks": ["clouds"], "horizons": ["hills"]}}})
    own = World(DEFAULT)
    model = own.model
    for seed in SEEDS:
        own.reset(seed, settings)
        first = model.tex_adr[model.texture("sky").id]
        pixels = model.tex_data[first : first + 6 * PIXELS * PIXELS * 3]
        assert np.array_equal(pixels, painted(own.episode.drawn["sky"]).reshape(-1))
    assert own.model is model  # another look needs no other model
    own.close()


def test_the_default_sky_draws_neither_look_nor_horizon():
    drawn = draw_episode(DEFAULT, SEED).drawn["sky"]
    assert (drawn.look, drawn.skyline) == ("gradient", "none")
    assert drawn.zenith == Sky().zenith


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("sky: {looks: [fog]}", ("scenery.sky", "looks", "'fog'", "clouds", "overcast")),
        ("sky: {looks: []}", ("scenery.sky", "looks", "at least one", "clouds")),
        ("sky: {horizons: [sea]}", ("scenery.sky", "horizons", "'sea'", "hills", "woods")),
        ("ground: {looks: [ice]}", ("scenery.ground", "looks", "'ice'", "gravel", "tiles")),
    ],
)
def test_a_look_that_is_not_known_is_one_line(tmp_path, part, words):
    with pytest.raises(ConfigError) as caught:
        load_world(written(tmp_path, f"scenery: {{{part}}}"))
    message = str(caught.value)
    assert "\n" not in message and all(word in message for word in words)
