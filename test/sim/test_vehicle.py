"""The vehicle moves and measures with the signs and units of the contract."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from liquid_control_sim.tasks.fly_to_target import VehicleState
from liquid_control_sim.wind import WindSettings
from liquid_control_sim.world import TICK_S, World, WorldSettings
from worlds import FIELD, MS, QUIET_IMU, SEED, frames_of

from liquid_control.contract import STOP, Command


def hold(world: World, command: Command, seconds: float, settings: WorldSettings = FIELD):
    """Fly a command from a reset; yield after every tick."""
    world.reset(SEED, settings)
    for _ in range(round(seconds / TICK_S)):
        assert world.advance(command)
        yield world


def body_velocity(state: VehicleState) -> np.ndarray:
    """Return the velocity along heading, left and up."""
    (x, y, z), c, s = state.velocity_m_s, math.cos(state.yaw_rad), math.sin(state.yaw_rad)
    return np.array([c * x + s * y, c * y - s * x, z])


# --- the IMU


def samples(world: World, command: Command, seconds: float, settings: WorldSettings = FIELD):
    """Return (samples, 6) of a flight's inertial samples, and the flight's frames."""
    frames = []
    for flying in hold(world, command, seconds, settings):
        frame = flying.poll()
        if frame is not None:
            frames.append(frame)
    measured = [sample for frame in frames for sample in frame.imu]
    return measured, np.array([s.gyro_rad_s + s.accelerometer_m_s2 for s in measured])


def test_an_imu_at_rest_measures_gravity_upwards_and_no_turn(world):
    _, values = samples(world, STOP, 3.0)
    assert values[-50:].mean(axis=0) == pytest.approx([0, 0, 0, 0, 0, 9.81], abs=0.02)


@pytest.mark.parametrize("rate", [0.8, -0.8])
def test_the_gyroscope_measures_a_turn_to_the_left_as_positive_z(world, rate):
    _, values = samples(world, Command(yaw_rate_rad_s=rate), 3.0)
    assert values[-50:, :3].mean(axis=0) == pytest.approx([0, 0, rate], abs=0.03)


def test_speeding_up_forward_begins_with_the_nose_going_down_a_positive_pitch_rate(world):
    _, values = samples(world, Command(forward_m_s=1.5), 0.6)
    assert values[:20, 1].max() > 0.3
    assert abs(values[:20, 0]).max() < 0.05


def test_speeding_up_to_the_left_begins_with_a_roll_to_the_left_a_negative_roll_rate(world):
    _, values = samples(world, Command(left_m_s=1.0), 0.6)
    assert values[:20, 0].min() < -0.3
    assert abs(values[:20, 1]).max() < 0.05


def test_starting_to_climb_weighs_more_than_gravity(world):
    _, values = samples(world, Command(up_m_s=1.0), 0.6)
    assert values[:30, 5].max() > 10.5


def test_the_imu_samples_at_its_rate_and_each_sample_is_delivered_once(world):
    measured, _ = samples(world, STOP, 2.0)
    stamps = np.array([sample.stamp_ns for sample in measured])
    assert len(stamps) > 100
    assert (np.diff(stamps) == 5 * MS).all()


def test_imu_samples_are_delivered_after_their_delay(world):
    late = replace(FIELD, imu=replace(QUIET_IMU, delay_s=0.05))
    frames = frames_of(world, late, 4)
    for frame in frames[1:]:
        assert frame.now_ns - frame.imu[-1].stamp_ns == 50 * MS


def test_imu_dropout_loses_its_share_of_the_samples(world):
    lossy = replace(FIELD, imu=replace(QUIET_IMU, dropout=0.5))
    whole, _ = samples(world, STOP, 6.0)
    kept, _ = samples(world, STOP, 6.0, lossy)
    assert 0.4 < len(kept) / len(whole) < 0.6


def test_imu_bias_is_constant_in_a_flight_and_differs_between_flights(world):
    biased = replace(FIELD, imu=replace(QUIET_IMU, gyro_bias_rad_s=0.1))
    means = []
    for seed in (SEED, SEED + 1):
        frames = frames_of(world, biased, 6, seed)
        values = np.array([s.gyro_rad_s for frame in frames[2:] for s in frame.imu])
        assert (values.std(axis=0) < 0.02).all()
        means.append(values.mean(axis=0))
    assert abs(means[0] - means[1]).max() > 0.02


# --- the autopilot


@pytest.mark.parametrize(
    "command",
    [
        STOP,
        Command(forward_m_s=1.5),
        Command(forward_m_s=-0.5),
        Command(left_m_s=-0.8),
        Command(up_m_s=0.5),
        Command(yaw_rate_rad_s=-1.0),
        Command(0.8, 0.3, 0.2, 0.6),
    ],
    ids=["hover", "forward", "back", "right", "up", "turn right", "all at once"],
)
def test_the_autopilot_tracks_velocity_and_yaw_rate_in_wind(world, command):
    windy = replace(FIELD, wind=WindSettings(mean_m_s=(4.0, 4.0), gust_m_s=0.5))
    states = [w.vehicle_state() for w in hold(world, command, 8.0, windy)]
    settled = states[-600:]
    velocity = np.mean([body_velocity(state) for state in settled], axis=0)
    turned = np.unwrap([state.yaw_rad for state in settled])
    yaw_rate = (turned[-1] - turned[0]) / (settled[-1].time_s - settled[0].time_s)
    assert velocity == pytest.approx(command.as_tuple()[:3], abs=0.15)
    assert yaw_rate == pytest.approx(command.yaw_rate_rad_s, abs=0.03)


def test_the_autopilot_reaches_a_step_of_speed_within_two_seconds(world):
    states = [w.vehicle_state() for w in hold(world, Command(forward_m_s=1.0), 3.0)]
    speed = np.array([body_velocity(state)[0] for state in states])
    assert (np.abs(speed[400:] - 1.0) < 0.15).all()
    assert speed.max() < 1.3
