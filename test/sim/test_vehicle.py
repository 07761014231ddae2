"""The quadrotor moves with the signs and units of the contract, and may be anybody's own."""

from __future__ import annotations

import math
from importlib import resources

import numpy as np
import pytest
from liquid_control_sim.settings import from_data, to_data, world_of
from liquid_control_sim.tasks import Outcome
from liquid_control_sim.vehicles import Truth
from liquid_control_sim.world import World
from worlds import SEED, field

from liquid_control.contract import STOP, Command, velocity
from liquid_control.errors import ConfigError

BLIND = field(sensors={"image": None})
WINDY = {"mean_m_s": [4.0, 4.0], "gust_m_s": 0.5}


def hold(world: World, command: Command, seconds: float, settings=BLIND) -> list[Truth]:
    """Return the truth of every tick of a command from a reset."""
    world.reset(SEED, settings)
    states = []
    while world.truth().time_s < seconds - 1e-6:
        world.advance(command)
        assert world.verdict is None
        states.append(world.truth())
    return states


def body_velocity(state: Truth) -> np.ndarray:
    """Return the velocity along heading, left and up."""
    (x, y, z), c, s = state.velocity_m_s, math.cos(state.yaw_rad), math.sin(state.yaw_rad)
    return np.array([c * x + s * y, c * y - s * x, z])


# --- the controller


@pytest.mark.parametrize(
    "command",
    [
        STOP,
        velocity(forward_m_s=1.5),
        velocity(forward_m_s=-0.5),
        velocity(left_m_s=-0.8),
        velocity(up_m_s=0.5),
        velocity(yaw_rate_rad_s=-1.0),
        velocity(0.8, 0.3, 0.2, 0.6),
    ],
    ids=["hover", "forward", "back", "right", "up", "turn right", "all at once"],
)
def test_it_tracks_velocity_and_yaw_rate_in_wind(world, command):
    states = hold(world, command, 8.0, field(sensors={"image": None}, wind=WINDY))
    settled = states[-600:]
    moved = np.mean([body_velocity(state) for state in settled], axis=0)
    turned = np.unwrap([state.yaw_rad for state in settled])
    yaw_rate = (turned[-1] - turned[0]) / (settled[-1].time_s - settled[0].time_s)
    assert moved == pytest.approx(command.values[:3], abs=0.15)
    assert yaw_rate == pytest.approx(command.values[3], abs=0.03)
    assert np.mean([s.yaw_rate_rad_s for s in settled]) == pytest.approx(yaw_rate, abs=0.02)


def test_it_reaches_a_step_of_speed_within_two_seconds(world):
    states = hold(world, velocity(forward_m_s=1.0), 3.0)
    speed = np.array([body_velocity(state)[0] for state in states])
    assert (np.abs(speed[400:] - 1.0) < 0.15).all()
    assert speed.max() < 1.3


def test_the_wind_pushes_it_before_the_controller_has_learnt_it(world):
    windy = field(sensors={"image": None}, wind={"mean_m_s": [6.0, 6.0], "gust_m_s": 0.0})
    calm, blown = hold(world, STOP, 0.5), hold(world, STOP, 0.5, windy)
    assert math.hypot(*calm[-1].velocity_m_s) < 0.02 < 0.1 < math.hypot(*blown[-1].velocity_m_s)


# --- what it draws


HEAVY, LIGHT, WEAK = {"mass": [1.3, 1.3]}, {"mass": [0.7, 0.7]}, {"thrust": [0.75, 0.75]}


@pytest.mark.parametrize("share", [HEAVY, LIGHT, WEAK], ids=str)
def test_whatever_it_weighs_a_flight_begins_in_a_hover_to_which_its_controller_has_settled(
    world, share
):
    states = hold(world, STOP, 2.0, field(sensors={"image": None}, vehicle=share))
    heights = [state.position_m[2] for state in states]
    assert max(heights) - min(heights) < 0.03


def test_motors_that_give_nothing_let_it_fall(world):
    dead = field(sensors={"image": None}, vehicle={"thrust": [0.0, 0.0]})
    assert hold(world, STOP, 0.2, dead)[-1].velocity_m_s[2] < -1.0


def test_what_its_controller_does_not_know_of_its_weight_shows_when_it_climbs(world):
    climbed = [
        hold(world, velocity(up_m_s=1.0), 0.3, field(sensors={"image": None}, vehicle=share))[-1]
        for share in (LIGHT, {}, HEAVY)
    ]
    light, known, heavy = (state.velocity_m_s[2] for state in climbed)
    assert light > 1.1 * known > 1.2 * heavy


def test_slower_motors_answer_later(world):
    slow = field(sensors={"image": None}, vehicle={"motor_lag_s": [0.15, 0.15]})
    fast = hold(world, velocity(up_m_s=1.0), 0.2)[-1].velocity_m_s[2]
    assert hold(world, velocity(up_m_s=1.0), 0.2, slow)[-1].velocity_m_s[2] < 0.7 * fast


# --- one's own


def own_model(tmp_path, *changes: tuple[str, str]) -> str:
    text = resources.files("liquid_control_sim").joinpath("assets/quadrotor.xml").read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "own.xml"
    path.write_text(text)
    return str(path)


HEAVIER = (
    ('mass="1.3" diaginertia="0.012 0.012 0.022"', 'mass="2.0" diaginertia="0.02 0.02 0.04"'),
    ('contype="1" conaffinity="2" ', ""),
    ('body name="quadrotor"', 'body name="mine"'),
    ("0 8", "0 14"),
)


def test_a_vehicle_from_an_mjcf_file_of_ones_own_flies_by_the_masses_of_that_file(tmp_path):
    mjcf = own_model(tmp_path, *HEAVIER)
    settings = world_of(
        changes={
            "vehicle": {"mjcf": mjcf},
            "wind": None,
            "sensors": {"image": {"rate_hz": [1.0, 1.0]}},
            "task": {"target_distance_m": [30.0, 30.0], "start_height_m": [2.0, 2.0]},
        }
    )
    world = World(from_data(to_data(settings)))
    states = hold(world, velocity(up_m_s=0.5), 3.0, settings)
    assert world.model.body("mine").subtreemass[0] == pytest.approx(2.0)
    assert states[-1].velocity_m_s[2] == pytest.approx(0.5, abs=0.03)
    while world.verdict is None:
        world.advance(velocity(up_m_s=-0.8))
    assert (world.verdict.outcome, world.verdict.touched) == (Outcome.COLLISION, "ground")
    world.close()


@pytest.mark.parametrize(
    ("old", "new", "missing"),
    [
        ('camera name="front"', 'camera name="eye"', "a camera 'front'"),
        ('site name="imu"', 'site name="box"', "a site 'imu'"),
        ('class="motor" name="rear_left"', 'class="motor" name="m2"', "a motor 'rear_left'"),
        ('<freejoint name="quadrotor"/>', "", "a free joint"),
    ],
)
def test_a_model_that_lacks_a_part_of_a_quadrotor_is_refused_by_its_name(
    tmp_path, old, new, missing
):
    mjcf = own_model(tmp_path, (old, new))
    with pytest.raises(ConfigError) as caught:
        World(world_of(changes={"vehicle": {"mjcf": mjcf}}))
    assert missing in str(caught.value) and mjcf in str(caught.value)


@pytest.mark.parametrize("content", [None, "<mujoco><worldbody></mujoco>", "no xml"])
def test_a_model_file_that_cannot_be_read_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "broken.xml"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError) as caught:
        World(world_of(changes={"vehicle": {"mjcf": str(path)}}))
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)
