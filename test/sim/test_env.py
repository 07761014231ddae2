"""The Gymnasium face of the world."""

import warnings

import gymnasium
import liquid_control_sim  # noqa: F401 - registers the environment
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from liquid_control_sim.expert import Expert

from liquid_control.errors import ConfigError

NAME = "liquid_control_sim/FlyToTarget-v0"


@pytest.fixture(scope="module")
def env():
    made = gymnasium.make(NAME, render_mode="rgb_array")
    yield made
    made.close()


def test_the_environment_passes_gymnasiums_own_check(env):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # units are metres and seconds, not -1 to 1
        check_env(env.unwrapped)


def test_the_same_seed_gives_the_same_flight_bit_for_bit(env):
    def flight():
        observation, _ = env.reset(seed=11)
        images = [observation["image"]]
        for _ in range(10):
            observation, reward, *_ = env.step(np.array([0.5, 0.1, 0.0, 0.3], np.float32))
            images.append(observation["image"])
        return np.stack(images), observation["imu"], reward

    (images, imu, reward), (again, imu_again, reward_again) = flight(), flight()
    assert np.array_equal(images, again)
    assert np.array_equal(imu, imu_again)
    assert reward == reward_again


def test_a_perturbation_is_an_option_of_the_reset(env):
    env.reset(seed=3, options={"perturb": "blackout"})
    black = 0
    for _ in range(24):
        observation, *_ = env.step(np.zeros(4, np.float32))
        black += not observation["image"].any()
    assert black == 10
    env.reset(seed=3, options={"perturb": "none"})


def test_an_unknown_perturbation_names_those_that_there_are(env):
    with pytest.raises(ConfigError, match=r"earthquake.*blackout"):
        env.unwrapped.reset(seed=3, options={"perturb": "earthquake"})


def test_the_expert_ends_a_flight_in_success_and_its_reward_is_what_was_won(env):
    world, expert = env.unwrapped._world, Expert()
    _, start = env.reset(seed=5)
    ended, total = False, 0.0
    while not ended:
        command = expert.command(world.vehicle_state(), world.target_m)
        _, reward, ended, truncated, info = env.step(np.array(command.as_tuple(), np.float32))
        assert not truncated
        total += reward
    assert info["outcome"] == "success"
    won = abs(start["distance_m"] - 2.0) + abs(start["bearing_rad"])
    left = abs(info["distance_m"] - 2.0) + abs(info["bearing_rad"])
    assert total == pytest.approx(10.0 + won - left)


def test_the_chase_view_shows_the_vehicle(env):
    env.reset(seed=5)
    picture = env.render()
    assert picture.shape == (288, 432, 3)
    assert picture.std() > 5
