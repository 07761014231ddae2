"""In pybullet a seed is the same flight, moved and drawn by others."""

from __future__ import annotations

import math
import sys
from importlib import resources

import numpy as np
import pytest
from liquid_control_sim.conditions import conditioned
from liquid_control_sim.flight import ExpertSteps, Flight, fly
from liquid_control_sim.settings import WorldSettings, from_data, to_data, world_card, world_of
from liquid_control_sim.tasks import Outcome
from liquid_control_sim.world import World, draw_episode
from worlds import DEFAULT, SEED, events_of, field

from liquid_control.contract import STOP, Command, velocity
from liquid_control.errors import ConfigError
from liquid_control.pipeline import Pilot

pytest.importorskip("pybullet")


@pytest.fixture(scope="module")
def bullet():
    shared = World(in_bullet(DEFAULT))
    yield shared
    shared.close()


def in_bullet(settings: WorldSettings) -> WorldSettings:
    return conditioned(settings, "bullet")


def hovering(**parts) -> WorldSettings:
    return in_bullet(field(**{"sensors": {"image": None}, **parts}))


def flown(world: World, settings: WorldSettings, seconds: float, command: Command = STOP) -> World:
    events_of(world, settings, seconds, command)
    return world


def fly_expert(world: World, seed: int, settings: WorldSettings) -> Flight:
    return fly(world, Pilot(ExpertSteps(world, world_card(settings))), seed, settings)


# --- the settings


def test_the_simulator_is_data_and_the_usual_one_goes_without_saying():
    settings = in_bullet(DEFAULT)
    assert to_data(settings)["simulator"] == {"name": "bullet"}
    assert from_data(to_data(settings)) == settings == world_of(changes={"simulator": "bullet"})
    assert "simulator" not in to_data(DEFAULT)


def test_without_the_package_an_error_of_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pybullet", None)
    with pytest.raises(ConfigError, match=r"pip install 'liquid_control\[bullet\]'") as caught:
        World(hovering())
    assert "\n" not in str(caught.value)


def test_a_rover_is_refused_by_the_condition_and_by_the_simulator():
    rover = world_of("rover_to_target")
    with pytest.raises(ConfigError, match="flying task"):
        in_bullet(rover)
    with pytest.raises(ConfigError, match="flying task"):
        World(world_of("rover_to_target", {"simulator": "bullet"}))


# --- the seed


def test_a_seed_is_the_same_episode_in_both_simulators(world, bullet):
    world.reset(SEED, DEFAULT)
    bullet.reset(SEED, in_bullet(DEFAULT))
    assert bullet.episode == world.episode == draw_episode(DEFAULT, SEED)
    assert bullet.truth().position_m == world.truth().position_m
    assert bullet.truth().yaw_rad == pytest.approx(world.truth().yaw_rad)


def test_a_flight_is_the_same_again_after_another_one(bullet):
    short = in_bullet(world_of(changes={"task": {"time_limit_s": 2.0}}))
    first, _, again = (fly_expert(bullet, seed, short) for seed in (SEED, SEED + 1, SEED))
    assert np.array_equal(first.positions_m, again.positions_m)
    assert first.verdict == again.verdict


# --- the flight


def test_the_expert_reaches_the_target_in_three_of_three_flights(bullet):
    settings = in_bullet(DEFAULT)
    flights = [fly_expert(bullet, seed, settings) for seed in range(SEED, SEED + 3)]
    assert [flight.verdict.outcome for flight in flights] == [Outcome.SUCCESS] * 3


def test_the_two_simulators_fly_the_same_way_but_not_to_the_last_bit(world, bullet):
    ends = [
        flown(w, settings, 3.0, velocity(1.0, 0.0, 0.2, 0.4)).truth().position_m
        for w, settings in ((world, field()), (bullet, in_bullet(field())))
    ]
    assert 1e-3 < math.dist(*ends) < 0.5


def test_a_hover_keeps_its_height_and_weighs_on_the_accelerometer(bullet):
    bullet.reset(SEED, hovering())
    start = bullet.truth().position_m
    events = events_of(bullet, hovering(), 3.0)
    assert math.dist(bullet.truth().position_m, start) < 0.02
    assert np.allclose(events[-1].value.accelerometer_m_s2, (0.0, 0.0, 9.81), atol=0.05)
    assert np.allclose(events[-1].value.gyro_rad_s, 0.0, atol=0.01)


def test_velocities_and_yaw_rate_are_tracked_along_the_heading(bullet):
    truth = flown(bullet, hovering(), 4.0, velocity(1.0, 0.0, 0.3, 0.0)).truth()
    c, s = math.cos(truth.yaw_rad), math.sin(truth.yaw_rad)
    x, y, up = truth.velocity_m_s
    assert np.allclose((c * x + s * y, c * y - s * x, up), (1.0, 0.0, 0.3), atol=0.05)
    events = events_of(bullet, hovering(), 4.0, velocity(yaw_rate_rad_s=0.5))
    assert bullet.truth().yaw_rate_rad_s == pytest.approx(0.5, abs=0.02)
    assert events[-1].value.gyro_rad_s[2] == pytest.approx(0.5, abs=0.02)


def test_without_thrust_it_falls_and_names_the_ground_that_it_hits(bullet):
    broken = hovering(vehicle={"thrust": [0.0, 0.0]})
    fallen = flown(bullet, broken, 0.3)
    assert fallen.truth().velocity_m_s[2] == pytest.approx(-9.81 * 0.3, abs=0.5)
    while bullet.verdict is None:
        bullet.advance(STOP)
    assert (bullet.verdict.outcome, bullet.verdict.touched) == (Outcome.COLLISION, "ground")


def test_a_vehicle_touches_with_every_shape_of_its_own_file(tmp_path):
    own, solid = tmp_path / "own.xml", 'contype="1" conaffinity="2" group="3" mass="0"/>'
    hull = f'<geom name="hull" type="sphere" size="0.22" {solid}'
    legs = f'<geom type="capsule" size="0.03 0.2" pos="0 0 -0.6" euler="0 90 0" {solid}'
    file = resources.files("liquid_control_sim").joinpath("assets/quadrotor.xml")
    own.write_text(file.read_text().replace(hull, hull + legs))
    world = World(hovering(vehicle={"mjcf": str(own)}))
    world.reset(SEED)
    while world.verdict is None:
        world.advance(velocity(up_m_s=-0.5))
    assert world.verdict.touched == "ground"
    assert world.truth().position_m[2] == pytest.approx(0.63, abs=0.01)


def test_wind_is_leant_against(bullet):
    truth = flown(bullet, hovering(wind={"mean_m_s": [4.0, 4.0], "gust_m_s": 0.0}), 5.0).truth()
    _, i, j, _ = truth.quaternion
    tilt = 2 * math.asin(math.hypot(i, j))
    assert tilt == pytest.approx(math.atan(0.3 * 4.0 / (1.3 * 9.81)), abs=0.01)


def test_what_moves_is_hit_where_it_has_come_to(bullet):
    flown(bullet, hovering(), 0.5)
    chair = bullet.model.body("chair").mocapid[0]
    bullet.data.mocap_pos[chair] = (*bullet.truth().position_m[:2], 1.0)
    bullet.advance(STOP)
    bullet.advance(STOP)
    assert bullet.verdict is not None and bullet.verdict.touched == "chair"
