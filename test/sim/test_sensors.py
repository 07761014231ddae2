"""Sensors measure with the signs of the contract, and arrive as their settings say."""

from __future__ import annotations

import math
import os
import subprocess
import sys

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquid_control_sim.model import TICK_S
from liquid_control_sim.renderer import Renderer
from liquid_control_sim.sensors.camera import Camera, Noise
from liquid_control_sim.sensors.delivery import Delivery
from liquid_control_sim.sensors.odometry import Odometry
from liquid_control_sim.sensors.state import FIELDS as STATE_FIELDS
from liquid_control_sim.settings import WorldSettings, world_card
from liquid_control_sim.tasks.fly_to_target import target_of
from liquid_control_sim.world import World
from worlds import DEFAULT, MS, QUIET_IMU, SEED, events_of, field, frames_of, with_camera

from liquid_control.contract import STOP, Command, Event, Observation, velocity
from liquid_control.contract.inputs import ODOMETRY_FIELDS
from liquid_control.safety.settings import SafetySettings
from liquid_control.sensors.observer import Observer

# --- the IMU


def samples(world: World, command: Command, seconds: float, **imu):
    """Return the inertial samples of a flight, and their values, (samples, 6)."""
    settings = field(sensors={"image": None, "imu": imu})
    events = events_of(world, settings, seconds, command)
    measured = [e.value for e in events if e.source == "imu"]
    return measured, np.array([s.gyro_rad_s + s.accelerometer_m_s2 for s in measured])


def test_an_imu_at_rest_measures_gravity_upwards_and_no_turn(world):
    _, values = samples(world, STOP, 3.0)
    assert values[-50:].mean(axis=0) == pytest.approx([0, 0, 0, 0, 0, 9.81], abs=0.02)


@pytest.mark.parametrize("rate", [0.8, -0.8])
def test_the_gyroscope_measures_a_turn_to_the_left_as_positive_z(world, rate):
    _, values = samples(world, velocity(yaw_rate_rad_s=rate), 3.0)
    assert values[-50:, :3].mean(axis=0) == pytest.approx([0, 0, rate], abs=0.03)


def test_speeding_up_forward_begins_with_the_nose_going_down_a_positive_pitch_rate(world):
    _, values = samples(world, velocity(forward_m_s=1.5), 0.6)
    assert values[:20, 1].max() > 0.3
    assert abs(values[:20, 0]).max() < 0.05


def test_speeding_up_to_the_left_begins_with_a_roll_to_the_left_a_negative_roll_rate(world):
    _, values = samples(world, velocity(left_m_s=1.0), 0.6)
    assert values[:20, 0].min() < -0.3
    assert abs(values[:20, 1]).max() < 0.05


def test_starting_to_climb_weighs_more_than_gravity(world):
    _, values = samples(world, velocity(up_m_s=1.0), 0.6)
    assert values[:30, 5].max() > 10.5


def test_the_imu_samples_at_its_rate_and_each_sample_is_delivered_once(world):
    measured, _ = samples(world, STOP, 2.0)
    stamps = np.array([sample.stamp_ns for sample in measured])
    assert len(stamps) == 401
    assert (np.diff(stamps) == 5 * MS).all()


def test_imu_dropout_loses_its_share_of_the_samples(world):
    kept, _ = samples(world, STOP, 6.0, dropout=0.5)
    assert 0.4 < len(kept) / 1201 < 0.6


def test_imu_bias_is_constant_in_a_flight_and_differs_between_flights(world):
    biased = field(sensors={"image": None, "imu": {"gyro_bias_rad_s": 0.1}})
    means = []
    for seed in (SEED, SEED + 1):
        events = events_of(world, biased, 2.0, seed=seed)
        values = np.array([e.value.gyro_rad_s for e in events[200:]])
        assert (values.std(axis=0) < 0.02).all()
        means.append(values.mean(axis=0))
    assert abs(means[0] - means[1]).max() > 0.02


# --- odometry and the true state


def test_odometry_is_heading_aligned_velocity_yaw_rate_and_height(world):
    errors = [name for name in Odometry.__struct_fields__ if "_noise" in name or "_bias" in name]
    exact = field(sensors={"image": None, "odometry": dict.fromkeys(errors, 0.0)})
    events = events_of(world, exact, 4.0, velocity(0.8, -0.4, 0.2, 0.5))
    last = [e.value for e in events if e.source == "odometry"][-1]
    values = dict(zip(ODOMETRY_FIELDS, last.values, strict=True))
    truth = world.truth()
    c, s = math.cos(truth.yaw_rad), math.sin(truth.yaw_rad)
    forward, left = values["forward_m_s"], values["left_m_s"]
    moved = (c * forward - s * left, s * forward + c * left, values["up_m_s"])
    assert moved == pytest.approx(truth.velocity_m_s, abs=1e-9)
    assert forward > 0.5 and left < -0.2
    assert values["yaw_rate_rad_s"] == pytest.approx(0.5, abs=0.03)
    assert values["height_m"] == truth.position_m[2]


def test_odometry_errs_by_its_noise_and_bias(world):
    noisy = field(sensors={"image": None, "odometry": {"height_bias_m": 1.0}})
    offsets = []
    for seed in range(SEED, SEED + 4):
        events = events_of(world, noisy, 1.0, seed=seed)
        heights = [e.value.values[4] - 2.0 for e in events if e.source == "odometry"]
        assert 0.005 < np.std(heights) < 0.05
        offsets.append(np.mean(heights))
    assert np.std(offsets) > 0.2


def test_the_state_says_where_the_target_is_as_seen_from_the_heading(world):
    events = events_of(world, field(sensors={"image": None, "state": {}}), 1.0)
    last = [e.value for e in events if e.source == "state"][-1]
    values = dict(zip(STATE_FIELDS, last.values, strict=True))
    truth, (x, y, _) = world.truth(), target_of(world.layout)
    bearing = math.atan2(values["target_left_m"], values["target_forward_m"])
    expected = math.atan2(y - truth.position_m[1], x - truth.position_m[0]) - truth.yaw_rad
    assert math.remainder(bearing - expected, 2 * math.pi) == pytest.approx(0.0, abs=1e-6)
    assert math.hypot(values["target_left_m"], values["target_forward_m"]) == pytest.approx(40.0)


# --- delivery


def intervals_ms(frames: list[Event]) -> np.ndarray:
    return np.diff([frame.value.stamp_ns for frame in frames]) / MS


@pytest.mark.parametrize("rate_hz", [10.0, 20.0, 40.0])
def test_a_fixed_rate_gives_frames_at_that_rate(world, rate_hz):
    frames = frames_of(world, with_camera(rate_hz=[rate_hz, rate_hz]), 20)
    assert (intervals_ms(frames) == 1000 / rate_hz).all()


def test_a_rate_between_ticks_is_right_on_average(world):
    times = intervals_ms(frames_of(world, with_camera(rate_hz=[30.0, 30.0]), 31))
    assert set(times) <= {30.0, 35.0}
    assert times.mean() == pytest.approx(1000 / 30, abs=0.2)


def test_jitter_stretches_each_interval_by_at_most_its_share(world):
    times = intervals_ms(frames_of(world, with_camera(jitter=0.4), 60))
    assert times.min() >= 30 - 5 and times.max() <= 70 + 5
    assert len(set(times)) > 4


@given(seed=st.integers(0, 2**32 - 1), low=st.floats(5, 40), ratio=st.floats(1, 4))
def test_the_rate_of_a_flight_lies_in_its_range(seed, low, ratio):
    camera = Camera(rate_hz=(low, ratio * low))
    delivery = Delivery(camera, np.random.default_rng(seed), TICK_S)
    taken = sum(delivery.due(tick) for tick in range(4000))
    assert 20 * low - 1 <= taken <= 20 * ratio * low + 1


def test_nothing_measures_more_often_than_once_a_tick(world):
    measured, _ = samples(world, STOP, 0.5, rate_hz=[1000.0, 1000.0])
    assert len(measured) == 101


@pytest.mark.parametrize("dropout", [0.0, 0.05, 0.3])
def test_dropout_loses_its_share_of_the_frames_but_never_the_first(dropout):
    for seed in range(20):
        delivery = Delivery(Camera(dropout=dropout), np.random.default_rng(seed), TICK_S)
        taken = [delivery.due(tick) for tick in range(40_000)]
        assert taken[0]
        assert sum(taken) / 4000 == pytest.approx(1 - dropout, abs=0.04)


def test_dropped_frames_leave_whole_gaps_in_the_stamps(world):
    times = intervals_ms(frames_of(world, with_camera(dropout=0.3), 60))
    assert set(times) >= {50.0, 100.0}
    assert not (times % 50.0).any()


@pytest.mark.parametrize("seed", [SEED, SEED + 1, SEED + 2])
def test_every_frame_of_a_flight_is_delivered_with_the_same_delay(world, seed):
    frames = frames_of(world, with_camera(delay_s=[0.08, 0.12]), 20, seed)
    (delay_ns,) = {frame.now_ns - frame.value.stamp_ns for frame in frames}
    assert 80 * MS <= delay_ns <= 120 * MS


def test_without_delay_a_frame_is_delivered_when_it_is_taken(world):
    frames = frames_of(world, with_camera(), 10)
    assert all(frame.now_ns == frame.value.stamp_ns for frame in frames)


def test_an_imu_that_comes_late_lets_the_frame_wait_for_the_samples_up_to_it(world):
    """The pilot's observation holds the same samples, whether they came late or at once."""
    means = []
    for delay in (0.0, 0.03):
        imu = {**QUIET_IMU, "delay_s": [delay, delay]}
        settings = field(sensors={"imu": imu})
        observer = Observer(world_card(settings), SafetySettings())
        events = events_of(world, settings, 2.2, velocity(yaw_rate_rad_s=0.8))
        assert events[-1].now_ns - events[-1].value.stamp_ns == round(1000 * delay) * MS
        seen = [observer.take(event) for event in events]
        seen = [one for one in seen if isinstance(one, Observation)]
        assert all(one.ages_s["image"] == pytest.approx(delay) for one in seen)
        means.append([one.values["imu"].tolist() for one in seen])
    assert len(means[0]) > 3 and means[0] == means[1]


def test_a_frame_shows_the_world_at_its_stamp_and_not_at_its_delivery(world):
    taken = []
    for delay_s in (0.0, 0.1):
        image = {"noise": [0.0, 0.0], "rate_hz": [20.0, 20.0], "delay_s": [delay_s, delay_s]}
        world.reset(SEED, field(sensors={"image": image}))
        events = world.events()
        while world.tick < 400:  # the first late frame comes after 20 ticks of hovering
            world.advance(STOP if world.tick < 20 else velocity(yaw_rate_rad_s=1.0))
            events += world.events()
        taken.append({e.value.stamp_ns: e.value.image for e in events if e.source == "image"})
    at_once, late = taken
    assert len(late) > 30
    for stamp_ns, image in late.items():
        assert np.array_equal(image, at_once[stamp_ns])


# --- the image


def test_noise_is_drawn_at_one_strength_a_flight_inside_its_range():
    grey = np.full((64, 96, 3), 128, np.uint8)
    for seed in range(5):
        noise = Noise((3.0, 6.0), grey.size, np.random.default_rng(seed))
        strengths = [(noise(grey).astype(float) - 128).std() for _ in range(5)]
        assert min(strengths) >= 2.9 and max(strengths) <= 6.1
        assert max(strengths) - min(strengths) < 0.2
        assert (grey == 128).all()


def test_noise_neither_wraps_round_nor_touches_an_image_that_was_given_out():
    noise = Noise((20.0, 20.0), 12, np.random.default_rng(0))
    dark, bright = (np.full((2, 2, 3), grey, np.uint8) for grey in (0, 255))
    first = noise(dark)
    kept = first.copy()
    assert (noise(bright) > 100).all() and (first < 150).all()
    assert np.array_equal(first, kept)


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_blackout_falls_on_its_share_of_the_flights(world, share):
    settings = with_camera(blackout={"share": share, "black_frames": [6, 6], "period_frames": 8})
    black = 0
    for seed in range(SEED, SEED + 20):
        frames = frames_of(world, settings, 8, seed)
        count = sum(not frame.value.image.any() for frame in frames)
        assert count in (0, 6)
        black += count == 6
    assert black == 20 * share or (share == 0.5 and 4 <= black <= 16)


def test_a_frame_carries_the_intrinsics_of_its_lens(world):
    (frame,) = frames_of(world, DEFAULT, 1)
    seen = frame.value.intrinsics
    assert (seen.cx, seen.cy) == (48.0, 32.0)
    assert 2 * math.degrees(math.atan(48.0 / seen.fx)) == pytest.approx(80.0)
    assert seen.fx == seen.fy


LENS = {"noise": [0.0, 0.0], "tilt_deg": 0.0}


def test_a_lens_is_drawn_per_flight_and_its_frames_say_which(world):
    settings = with_camera(lens_fov_deg=[90.0, 120.0])
    drawn = set()
    for seed in range(SEED, SEED + 4):
        (frame,) = frames_of(world, settings, 1, seed)
        drawn.add(2 * math.degrees(math.atan(48.0 / frame.value.intrinsics.fx)))
    assert len(drawn) == 4 and min(drawn) >= 90.0 and max(drawn) <= 120.0


def test_what_the_pilot_cuts_out_of_a_wide_lens_is_what_its_own_lens_would_have_seen(world):
    seen = []
    for lens in (None, [110.0, 110.0]):
        settings = with_camera(**LENS, lens_fov_deg=lens, oversampling=3)
        observation = first_observation(world, settings)
        assert observation.values["image"].shape == (64, 96, 3)
        seen.append(observation.values["image"].astype(float))
    narrow, wide = seen
    assert np.abs(narrow - wide).mean() < 4.0
    uncut = with_camera(**LENS, lens_fov_deg=[110.0, 110.0])
    (frame,) = frames_of(world, uncut, 1)
    assert np.abs(frame.value.image - narrow).mean() > 10.0


def first_observation(world: World, settings: WorldSettings) -> Observation:
    observer = Observer(world_card(settings), SafetySettings())
    for event in events_of(world, settings, 0.2):
        seen = observer.take(event)
        if isinstance(seen, Observation):
            return seen
    raise AssertionError("nothing was observed")


def test_leaving_out_what_is_beside_the_view_changes_no_pixel(world, monkeypatch):
    exact = with_camera(noise=[0.0, 0.0])
    seeds = range(SEED, SEED + 6)
    culled = [frames_of(world, exact, 1, seed)[0].value.image for seed in seeds]
    monkeypatch.setattr(Renderer, "_cull", lambda *_: None)
    for seed, image in zip(seeds, culled, strict=True):
        assert np.array_equal(image, frames_of(world, exact, 1, seed)[0].value.image)


def test_a_machine_that_cannot_render_is_told_what_to_do():
    code = (
        "import mujoco\n"  # without a screen and before MUJOCO_GL is set
        "from liquid_control_sim.renderer import RenderError\n"
        "from liquid_control_sim.world import World\n"
        "try:\n    World()\n"
        "except RenderError as error:\n    print(error)\n"
    )
    hidden = ("MUJOCO_GL", "DISPLAY", "WAYLAND_DISPLAY")
    environment = {key: value for key, value in os.environ.items() if key not in hidden}
    command = [sys.executable, "-W", "ignore", "-c", code]
    result = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert "MUJOCO_GL=egl" in result.stdout and result.stdout.count("\n") == 1


def test_a_world_without_a_camera_renders_nothing(monkeypatch):
    def refuse(*_):
        raise AssertionError("a graphics context was opened")

    monkeypatch.setattr("liquid_control_sim.vehicles.Renderer", refuse)
    settings = msgspec.structs.replace(DEFAULT, sensors={"imu": DEFAULT.sensors["imu"]})
    assert events_of(World(settings), settings, 0.1)
