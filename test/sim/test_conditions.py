"""A condition changes what it says, flies, and leaves the rest of the seed as it was."""

from __future__ import annotations

import math

import numpy as np
import pytest
from liquid_control_sim.conditions import CONDITIONS, conditioned, description
from liquid_control_sim.scenery.ground import TRAINED_TEXTURES, UNSEEN_TEXTURES
from liquid_control_sim.settings import from_data, to_data, world_of
from liquid_control_sim.tasks.fly_to_target import target_of
from liquid_control_sim.world import draw_episode
from worlds import DEFAULT, SEED, frames_of

from liquid_control.errors import ConfigError

NAMES = CONDITIONS.names()
FIND = world_of("find")


def changeable(name):
    """A world that has what the condition changes."""
    return FIND if name == "distractors" else DEFAULT


@pytest.mark.parametrize("name", ["", "fog", "Blackout", "black out"])
def test_an_unknown_condition_is_an_error_that_names_the_known_ones(name):
    with pytest.raises(ConfigError) as caught:
        conditioned(DEFAULT, name)
    message = str(caught.value)
    assert f"'{name}'" in message and all(known in message for known in NAMES)
    assert "\n" not in message


@pytest.mark.parametrize("name", sorted({*NAMES} - {"none", "photographs", "betaflight"}))
def test_every_condition_changes_the_settings_and_flies(world, name):
    settings = conditioned(changeable(name), name)
    assert settings != changeable(name)
    assert from_data(to_data(settings)) == settings
    frames = frames_of(world, settings, 3)
    assert frames[-1].value.image.shape == (64, 96, 3) and world.verdict is None


@pytest.mark.parametrize("name", NAMES)
def test_every_condition_says_in_a_line_what_it_is(name):
    assert 10 < len(description(name)) < 90 and description(name).endswith(".")


def test_the_condition_none_changes_nothing():
    assert conditioned(DEFAULT, "none") == DEFAULT


@pytest.mark.parametrize("name", ["jitter", "blackout", "noise", "wind", "delay", "rate"])
def test_a_condition_that_is_not_of_the_scene_keeps_the_scene_of_the_seed(name):
    assert draw_episode(conditioned(DEFAULT, name), SEED) == draw_episode(DEFAULT, SEED)


def test_a_condition_may_have_another_strength():
    settings = conditioned(DEFAULT, {"name": "rate", "rate_hz": 30})
    assert settings.sensors["image"].rate_hz == (30.0, 30.0)


def test_a_condition_of_ones_own_is_named_by_its_file(tmp_path):
    file = tmp_path / "storm.py"
    file.write_text(
        "from liquid_control_sim.conditions import Condition, conditioned\n"
        "class Storm(Condition, frozen=True):\n"
        "    speed_m_s: float = 12.0\n"
        "    def change(self, settings):\n"
        "        wind = {'name': 'wind', 'mean_m_s': [self.speed_m_s, self.speed_m_s]}\n"
        "        return conditioned(settings, wind)\n"
    )
    assert conditioned(DEFAULT, f"{file}:Storm").wind.mean_m_s == (12.0, 12.0)


@pytest.mark.parametrize(
    ("name", "gone", "word"),
    [
        ("blackout", {"sensors": {"image": None}}, "camera"),
        ("textures", {"scenery": {"ground": None}}, "ground"),
        ("light", {"scenery": {"light": None}}, "light"),
    ],
)
def test_a_condition_that_finds_nothing_to_change_is_refused(name, gone, word):
    with pytest.raises(ConfigError) as caught:
        conditioned(world_of(changes=gone), name)
    assert word in str(caught.value) and "none" in str(caught.value)


@pytest.mark.parametrize("seed", [SEED, SEED + 1, SEED + 2])
def test_blackout_blackens_ten_of_every_24_frames_in_one_piece(world, seed):
    frames = frames_of(world, conditioned(DEFAULT, "blackout"), 72, seed)
    black = np.array([not frame.value.image.any() for frame in frames])
    assert np.lib.stride_tricks.sliding_window_view(black, 24).sum(axis=1).tolist() == [10] * 49
    assert np.count_nonzero(np.diff(black.astype(int))) in (5, 6)


def test_without_blackout_no_frame_is_black(world):
    assert all(frame.value.image.mean() > 20 for frame in frames_of(world, DEFAULT, 30))


@pytest.mark.parametrize("name", ["textures", "none"])
def test_only_the_condition_textures_shows_grounds_that_training_never_saw(world, name):
    seen = set()
    for seed in range(SEED, SEED + 12):
        world.reset(seed, conditioned(DEFAULT, name))
        material = world.model.material(int(world.model.geom("ground").matid[0])).name
        seen.add(int(material.removeprefix("ground_")))
    unseen = set(range(TRAINED_TEXTURES, TRAINED_TEXTURES + UNSEEN_TEXTURES))
    assert seen <= (unseen if name == "textures" else set(range(TRAINED_TEXTURES)))
    assert len(seen) > 1


def test_the_condition_far_puts_the_target_beyond_the_trained_distances_and_gives_time():
    trained = DEFAULT.task.target_distance_m[1]
    far = conditioned(DEFAULT, "far")
    for seed in range(SEED, SEED + 5):
        x, y, _ = target_of(draw_episode(far, seed).layout)
        assert trained <= math.hypot(x, y) <= 2 * trained
    assert far.task.time_limit_s == 1.5 * DEFAULT.task.time_limit_s


def test_the_condition_light_makes_the_same_scene_darker(world):
    (bright,) = frames_of(world, DEFAULT, 1)
    (dim,) = frames_of(world, conditioned(DEFAULT, "light"), 1)
    assert dim.value.image.mean() < 0.9 * bright.value.image.mean()


def test_everything_is_all_of_its_conditions():
    settings = conditioned(DEFAULT, "everything")
    assert settings.sensors["image"].jitter == 0.4
    assert settings.scenery["ground"].textures[0] == TRAINED_TEXTURES
    assert settings.scenery["light"].brightness == (0.4, 0.6)
    assert settings.sensors["image"].noise == (12.0, 16.0)
    assert settings.wind.mean_m_s == (5.0, 8.0)
    assert settings.sensors["image"].lens_fov_deg == (60.0, 110.0)
