"""The Gymnasium face of a world: the same observations and the same gate as a pilot's."""

import pickle
import subprocess
import sys
import warnings

import gymnasium
import numpy as np
import pytest
import yaml
from gymnasium.error import ResetNeeded
from gymnasium.utils.env_checker import check_env
from liquid_control_sim.env import ActionError, TaskEnv
from liquid_control_sim.flight import fly
from liquid_control_sim.tasks import TASKS

from liquid_control.contract import velocity
from liquid_control.errors import ConfigError
from liquid_control.pipeline import Pilot

NAME = "liquid_control_sim/FlyToTarget-v0"
HOVER = np.zeros(4, np.float32)


@pytest.fixture(scope="module")
def env():
    made = gymnasium.make(NAME, render_mode="rgb_array")
    yield made
    made.close()


@pytest.fixture(scope="module")
def blind():
    made = gymnasium.make(NAME, inputs=(), state=True)
    yield made
    made.close()


def check(env):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # units are metres and seconds, not -1 to 1
        check_env(env.unwrapped)


@pytest.mark.parametrize("which", ["env", "blind"])
def test_the_environment_passes_gymnasiums_own_check(which, request):
    check(request.getfixturevalue(which))


def test_every_task_is_an_environment_of_its_name():
    names = ["".join(word.capitalize() for word in task.split("_")) for task in TASKS.names()]
    assert all(f"liquid_control_sim/{name}-v0" in gymnasium.registry for name in names)


def test_an_environment_is_found_without_an_import_by_naming_its_module():
    code = f"import gymnasium; gymnasium.make('liquid_control_sim:{NAME}', inputs=['imu'])"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


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


# --- what goes in


class Actions:
    """A policy that flies actions and keeps what it was given."""

    def __init__(self, card, actions) -> None:
        self.card, self._actions, self.seen = card, actions, []

    def reset(self) -> None:
        self._left, self.seen = list(self._actions), []

    def step(self, observation):
        self.seen.append(observation)
        return velocity(*map(float, self._left.pop(0))) if self._left else velocity()


@pytest.mark.parametrize("name", ["none", "jitter", "delay"])
def test_actions_are_flown_and_observed_exactly_as_a_pilots_commands(env, name):
    rng = np.random.default_rng(0)
    actions = rng.uniform(env.action_space.low, env.action_space.high, (60, 4)).astype(np.float32)
    observations, flown = [], []
    observation, _ = env.reset(seed=950_001, options={"perturb": name})
    for action in actions:
        observations.append(observation)
        observation, _, ended, _, info = env.step(action)
        flown.append(info["flown"])
        assert not ended
    world = env.unwrapped.world
    policy = Actions(env.unwrapped.card, actions)
    flight = fly(world, Pilot(policy), 950_001)
    assert np.array_equal(flight.commands[:60], np.stack(flown))
    for seen, expected in zip(policy.seen, observations, strict=False):
        assert all(np.array_equal(seen.values[key], expected[key]) for key in seen.values)
        assert np.float32(seen.dt_s) == expected["dt"][0]


def test_the_gate_lets_speed_grow_only_as_fast_as_the_card_allows(blind):
    blind.reset(seed=3)
    full = np.array([2.0, 0.0, 0.0, 0.0], np.float32)
    speeds = [blind.step(full)[4]["flown"][0] for _ in range(8)]
    assert speeds[0] < 1.0 and speeds[-1] == 2.0
    assert np.diff(speeds).max() <= 6.0 * 0.05 + 1e-6


def test_the_observer_learns_what_was_flown_as_a_pilots_does(blind, monkeypatch):
    told = []
    blind.reset(seed=3)
    monkeypatch.setattr(blind.unwrapped._guard.observer, "published", told.append)
    _, _, _, _, info = blind.step(np.full(4, 0.1, np.float32))
    assert [command.values for command in told] == [pytest.approx(info["flown"])]


@pytest.mark.parametrize(
    "action", [[np.nan, 0, 0, 0], [0, 0, np.inf, 0], [0, 0, 0], "up"], ids=str
)
def test_an_action_that_is_no_command_is_a_named_error(blind, action):
    blind.reset(seed=3)
    with pytest.raises((ActionError, ValueError)) as caught:
        blind.unwrapped.step(np.asarray(action))
    if action != "up":
        assert "forward_m_s" in str(caught.value)


def test_an_action_beyond_the_limits_is_brought_inside_them(blind):
    blind.reset(seed=3)
    for _ in range(20):
        _, _, _, _, info = blind.unwrapped.step(np.array([9.0, 0.0, 0.0, 0.0], np.float32))
    assert info["flown"].tolist() == [2.0, 0.0, 0.0, 0.0]


def test_stepping_after_the_end_needs_a_reset_and_pays_nothing(blind):
    blind.reset(seed=3)
    ended = False
    while not ended:
        _, reward, ended, _, info = blind.step(np.array([0, 0, -1.0, 0], np.float32))
    assert (info["outcome"], info["touched"]) == ("collision", "ground")
    assert reward == pytest.approx(-10.0, abs=0.2)
    with pytest.raises(ResetNeeded):
        blind.step(HOVER)
    with pytest.raises(ResetNeeded):
        TaskEnv(inputs=["imu"]).step(HOVER)


# --- what comes out


def test_the_expert_ends_a_flight_in_success_and_its_reward_is_what_was_won(blind):
    world = blind.unwrapped.world
    expert = world.settings.task.expert(blind.unwrapped.card.command)
    _, start = blind.reset(seed=5)
    expert.reset(world.layout)
    ended, total = False, 0.0
    while not ended:
        command = expert.command(world.truth(), world.goal)
        _, reward, ended, truncated, info = blind.step(np.array(command.values, np.float32))
        assert not truncated
        total += reward
    assert info["outcome"] == "success"
    won = abs(start["distance_m"] - 2.0) + abs(start["bearing_rad"])
    left = abs(info["distance_m"] - 2.0) + abs(info["bearing_rad"])
    assert total == pytest.approx(10.0 + won - left)


def test_a_flight_that_runs_out_of_time_is_truncated():
    env = TaskEnv(world={"task": {"time_limit_s": 0.5}}, inputs=(), state=True)
    env.reset(seed=3)
    steps = [env.step(HOVER) for _ in range(10)]
    assert [step[2:4] for step in steps] == [(False, False)] * 9 + [(False, True)]
    assert steps[-1][4]["outcome"] == "timeout"


def test_without_the_image_nothing_is_rendered_and_the_state_is_the_clock(blind, monkeypatch):
    def refuse(*_):
        raise AssertionError("a graphics context was opened")

    monkeypatch.setattr("liquid_control_sim.vehicles.Renderer", refuse)
    env = TaskEnv(inputs=["imu"], state=True)
    observation, _ = env.reset(seed=5)
    assert {k: v.shape for k, v in observation.items()} == {"imu": (6,), "state": (9,), "dt": (1,)}
    assert env.step(HOVER)[0]["dt"] == pytest.approx(0.05)


def test_an_input_that_the_world_lacks_is_an_error_that_names_those_that_it_has():
    with pytest.raises(ConfigError, match=r"'lidar'.*image \(image\), imu \(imu\)"):
        TaskEnv(inputs=["lidar"])


def test_the_world_is_given_as_data_or_as_a_file(tmp_path):
    change = {"sensors": {"image": {"width": 48, "height": 32}}}
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump(change))
    for world in (change, path, str(path)):
        env = TaskEnv(world=world)
        assert env.reset(seed=1)[0]["image"].shape == (32, 48, 3)
        env.close()


def test_a_pickled_environment_flies_the_same(blind):
    again = pickle.loads(pickle.dumps(blind.unwrapped))
    assert again.observation_space == blind.observation_space
    for env in (blind, again):
        env.reset(seed=7)
    step, step_again = (env.step(np.full(4, 0.1, np.float32)) for env in (blind, again))
    assert np.array_equal(step[0]["state"], step_again[0]["state"])
    assert step[1] == step_again[1]


# --- conditions


def test_a_condition_is_an_option_of_the_reset(env):
    env.reset(seed=3, options={"perturb": "blackout"})
    black = 0
    for _ in range(24):
        observation, *_ = env.step(HOVER)
        black += not observation["image"].any()
    assert black == 10
    env.reset(seed=3, options={"perturb": "none"})


def test_an_unknown_condition_names_those_that_there_are(env):
    with pytest.raises(ConfigError, match=r"earthquake.*blackout"):
        env.unwrapped.reset(seed=3, options={"perturb": "earthquake"})


# --- the picture


def test_the_view_from_behind_shows_the_vehicle(env):
    env.reset(seed=5)
    picture = env.render()
    assert picture.shape == (288, 432, 3)
    assert picture.std() > 5


def test_an_unknown_way_to_render_is_refused():
    with pytest.raises(ConfigError, match="rgb_array"):
        TaskEnv(render_mode="human")
