"""The world is what its seed and settings say, and physics keeps the signs of the contract."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquid_control_sim.camera import CameraSettings, FrameClock, SensorNoise
from liquid_control_sim.expert import Expert
from liquid_control_sim.flight import Flight, fly
from liquid_control_sim.perturb import PERTURBATIONS, perturb, set_rate
from liquid_control_sim.scene import TRAINED_TEXTURES, UNSEEN_TEXTURES
from liquid_control_sim.tasks.fly_to_target import (
    FlyToTarget,
    Outcome,
    look_at,
)
from liquid_control_sim.world import TICK_S, SensorFrame, World, WorldSettings
from worlds import FIELD, MS, SEED, frames_of

from liquid_control.contract import NANOSECONDS, STOP, Command
from liquid_control.errors import ConfigError


class RecordingExpert:
    """Flies the expert and keeps every sensor frame."""

    def __init__(self, world: World) -> None:
        self._world, self._expert = world, Expert()
        self.frames: list[SensorFrame] = []

    def __call__(self, frame: SensorFrame) -> Command:
        self.frames.append(frame)
        return self._expert.command(self._world.vehicle_state(), self._world.target_m)


def fly_expert(
    world: World, seed: int, settings: WorldSettings | None = None
) -> tuple[Flight, list[SensorFrame]]:
    act = RecordingExpert(world)
    return fly(world, act, seed, settings or WorldSettings()), act.frames


def same_frames(one: list[SensorFrame], other: list[SensorFrame]) -> bool:
    return len(one) == len(other) and all(
        (a.now_ns, a.stamp_ns, a.imu) == (b.now_ns, b.stamp_ns, b.imu)
        and np.array_equal(a.image, b.image)
        for a, b in zip(one, other, strict=True)
    )


# --- the seed


def test_the_same_seed_gives_the_same_flight_bit_for_bit(world):
    settings = perturb(perturb(WorldSettings(), "jitter"), "blackout")
    flight, frames = fly_expert(world, SEED, settings)
    fly_expert(world, SEED + 1, perturb(WorldSettings(), "everything"))
    other = World()
    for again in (world, other):
        repeated, repeated_frames = fly_expert(again, SEED, settings)
        assert same_frames(frames, repeated_frames)
        assert np.array_equal(flight.commands, repeated.commands)
        assert np.array_equal(flight.positions_m, repeated.positions_m)
        assert (flight.outcome, flight.time_s) == (repeated.outcome, repeated.time_s)
    other.close()


def test_different_seeds_give_different_surroundings(world):
    firsts, layouts = [], set()
    for seed in range(SEED, SEED + 8):
        firsts.append(world.reset(seed, WorldSettings()))
        layouts.add(world.layout)
    assert len(layouts) == 8
    assert len({frame.image.tobytes() for frame in firsts}) == 8


def test_a_perturbation_of_the_camera_keeps_the_scene_of_the_seed(world):
    world.reset(SEED, WorldSettings())
    layout = world.layout
    world.reset(SEED, perturb(WorldSettings(), "jitter"))
    assert world.layout == layout


def test_the_expert_reaches_the_target_on_ten_seeds_without_a_collision(world):
    flights = [fly_expert(world, seed)[0] for seed in range(SEED, SEED + 10)]
    assert [flight.outcome for flight in flights] == [Outcome.SUCCESS] * 10
    assert max(flight.time_s for flight in flights) <= 20.0


def test_a_flight_has_one_row_a_frame_and_ends_where_the_referee_says(world):
    flight, frames = fly_expert(world, SEED)
    assert len(flight.stamps_ns) == len(flight.commands) == len(flight.positions_m) == len(frames)
    assert (np.diff(flight.stamps_ns) > 0).all()
    assert (flight.outcome, flight.time_s) == (world.outcome, world.end_s)


def test_flying_into_the_target_is_a_collision(world):
    world.reset(SEED, replace(FIELD, scene=replace(FIELD.scene, target_distance_m=(4.0, 4.0))))
    while world.outcome is None:
        view = look_at(world.vehicle_state(), world.target_m)
        down = world.target_m[2] - world.vehicle_state().position_m[2]
        world.advance(Command(1.5 * math.cos(view.bearing_rad) ** 4, 0.0, down, view.bearing_rad))
    assert world.outcome is Outcome.COLLISION


def test_a_world_whose_flight_has_ended_delivers_nothing_more(world):
    late = replace(FIELD.camera, rate_hz=(40.0, 40.0), delay_s=(0.1, 0.1))
    world.reset(SEED, replace(FIELD, camera=late, task=FlyToTarget(time_limit_s=0.5)))
    while world.step(STOP) is not None:
        pass
    assert world.outcome is Outcome.TIMEOUT and world.end_s == 0.5
    assert [world.step(STOP) for _ in range(30)] == [None] * 30
    assert world.poll() is None
    assert world.outcome is Outcome.TIMEOUT and world.end_s == 0.5


# --- perturbations


@pytest.mark.parametrize("name", ["", "fog", "Blackout", "black out"])
def test_an_unknown_perturbation_is_a_config_error_that_names_the_known_ones(name):
    with pytest.raises(ConfigError) as caught:
        perturb(WorldSettings(), name)
    message = str(caught.value)
    assert f"'{name}'" in message and all(known in message for known in PERTURBATIONS)
    assert "\n" not in message


@pytest.mark.parametrize("name", [name for name in PERTURBATIONS if name != "none"])
def test_every_perturbation_changes_the_settings_and_flies(world, name):
    settings = perturb(WorldSettings(), name)
    assert settings != WorldSettings()
    frames = frames_of(world, settings, 3)
    assert frames[-1].image.shape == (64, 96, 3) and world.outcome is None


def test_the_perturbation_none_changes_nothing():
    assert perturb(WorldSettings(), "none") == WorldSettings()


@pytest.mark.parametrize("seed", [SEED, SEED + 1, SEED + 2])
def test_blackout_blackens_ten_of_every_24_frames_in_one_piece(world, seed):
    frames = frames_of(world, perturb(WorldSettings(), "blackout"), 72, seed)
    black = np.array([not frame.image.any() for frame in frames])
    assert np.lib.stride_tricks.sliding_window_view(black, 24).sum(axis=1).tolist() == [10] * 49
    assert np.count_nonzero(np.diff(black.astype(int))) in (5, 6)


def test_without_blackout_no_frame_is_black(world):
    assert all(frame.image.mean() > 20 for frame in frames_of(world, WorldSettings(), 30))


@pytest.mark.parametrize("name", ["textures", "none"])
def test_only_the_perturbation_textures_shows_grounds_that_training_never_saw(world, name):
    seen = set()
    for seed in range(SEED, SEED + 12):
        world.reset(seed, perturb(WorldSettings(), name))
        material = world.model.material(int(world.model.geom("ground").matid[0])).name
        seen.add(int(material.removeprefix("ground_")))
    first, last = (TRAINED_TEXTURES, TRAINED_TEXTURES + UNSEEN_TEXTURES)
    assert seen <= (set(range(first, last)) if name == "textures" else set(range(first)))
    assert len(seen) > 1


def test_the_perturbation_far_puts_the_target_beyond_the_trained_distances(world):
    trained = WorldSettings().scene.target_distance_m[1]
    for seed in range(SEED, SEED + 5):
        world.reset(seed, perturb(WorldSettings(), "far"))
        assert trained <= math.hypot(*world.target_m[:2]) <= 2 * trained


def test_the_perturbation_light_makes_the_same_scene_darker(world):
    bright = frames_of(world, WorldSettings(), 1)[0].image.mean()
    assert frames_of(world, perturb(WorldSettings(), "light"), 1)[0].image.mean() < 0.9 * bright


# --- the camera


def camera_with(**changes) -> WorldSettings:
    camera = replace(WorldSettings().camera, delay_s=(0.0, 0.0), **changes)
    return replace(WorldSettings(), camera=camera)


def intervals_ms(frames: list[SensorFrame]) -> np.ndarray:
    return np.diff([frame.stamp_ns for frame in frames]) / MS


@pytest.mark.parametrize("rate_hz", [10.0, 20.0, 40.0])
def test_a_fixed_rate_gives_frames_at_that_rate(world, rate_hz):
    frames = frames_of(world, set_rate(camera_with(), rate_hz), 20)
    assert (intervals_ms(frames) == 1000 / rate_hz).all()


def test_a_rate_between_ticks_is_right_on_average(world):
    times = intervals_ms(frames_of(world, set_rate(camera_with(), 30.0), 31))
    assert set(times) <= {30.0, 35.0}
    assert times.mean() == pytest.approx(1000 / 30, abs=0.2)


def test_jitter_stretches_each_interval_by_at_most_its_share(world):
    times = intervals_ms(frames_of(world, camera_with(jitter=0.4), 60))
    assert times.min() >= 30 - 5 and times.max() <= 70 + 5
    assert len(set(times)) > 4


@given(seed=st.integers(0, 2**32 - 1), low=st.floats(5, 40), ratio=st.floats(1, 4))
def test_the_rate_of_a_flight_lies_in_its_range(seed, low, ratio):
    settings = CameraSettings(rate_hz=(low, ratio * low))
    clock = FrameClock(settings, np.random.default_rng(seed), TICK_S)
    taken = sum(clock.take(tick) for tick in range(4000))
    assert 20 * low - 1 <= taken <= 20 * ratio * low + 1


@pytest.mark.parametrize("dropout", [0.0, 0.05, 0.3])
def test_dropout_loses_its_share_of_the_frames_but_never_the_first(dropout):
    settings = CameraSettings(dropout=dropout)
    for seed in range(20):
        clock = FrameClock(settings, np.random.default_rng(seed), TICK_S)
        taken = [clock.take(tick) for tick in range(40_000)]
        assert taken[0]
        assert sum(taken) / 4000 == pytest.approx(1 - dropout, abs=0.04)


def test_dropped_frames_leave_whole_gaps_in_the_stamps(world):
    times = intervals_ms(frames_of(world, camera_with(dropout=0.3), 60))
    assert set(times) >= {50.0, 100.0}
    assert not (times % 50.0).any()


@pytest.mark.parametrize("seed", [SEED, SEED + 1, SEED + 2])
def test_every_frame_of_a_flight_is_delivered_with_the_same_delay(world, seed):
    delayed = replace(WorldSettings().camera, delay_s=(0.08, 0.12))
    frames = frames_of(world, replace(WorldSettings(), camera=delayed), 20, seed)
    (delay_ns,) = {frame.now_ns - frame.stamp_ns for frame in frames}
    assert 80 * MS <= delay_ns <= 120 * MS


def test_without_delay_a_frame_is_delivered_when_it_is_taken(world):
    assert all(f.now_ns == f.stamp_ns for f in frames_of(world, camera_with(), 10))


def test_a_frame_shows_the_world_at_its_stamp_and_not_at_its_delivery(world):
    noiseless = replace(FIELD.camera, noise=(0.0, 0.0), rate_hz=(20.0, 20.0))
    taken = []
    for delay_s in (0.0, 0.1):
        camera = replace(noiseless, delay_s=(delay_s, delay_s))
        frames = [world.reset(SEED, replace(FIELD, camera=camera))]
        while world.tick < 400:  # the first late frame comes after 20 ticks of hovering
            world.advance(STOP if world.tick < 20 else Command(yaw_rate_rad_s=1.0))
            frames.append(world.poll())
        taken.append({frame.stamp_ns: frame.image for frame in frames if frame is not None})
    at_once, late = taken
    assert len(late) > 30
    for stamp_ns, image in late.items():
        assert np.array_equal(image, at_once[stamp_ns])


def test_noise_is_drawn_at_one_strength_a_flight_inside_its_range():
    grey = np.full((64, 96, 3), 128, np.uint8)
    settings = CameraSettings(noise=(3.0, 6.0))
    for seed in range(5):
        noise = SensorNoise(settings, np.random.default_rng(seed))
        strengths = [(noise(grey, i).astype(float) - 128).std() for i in range(5)]
        assert min(strengths) >= 2.9 and max(strengths) <= 6.1
        assert max(strengths) - min(strengths) < 0.2
        assert (grey == 128).all()


def test_the_simulators_clock_counts_nanoseconds_from_the_reset(world):
    frames = frames_of(world, camera_with(), 3)
    assert frames[0].now_ns == 0
    assert world.now_ns == frames[-1].now_ns == 100 * MS
    assert world.vehicle_state().time_s * NANOSECONDS == world.now_ns
