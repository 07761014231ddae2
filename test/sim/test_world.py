"""The world is what its seed and settings say, and physics keeps the signs of the contract."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from liquid_control_sim.camera import CameraSettings, FrameClock, SensorNoise
from liquid_control_sim.expert import Expert
from liquid_control_sim.flight import Flight, fly
from liquid_control_sim.imu import ImuSettings
from liquid_control_sim.perturb import PERTURBATIONS, perturb, set_rate
from liquid_control_sim.scene import TRAINED_TEXTURES, UNSEEN_TEXTURES, SceneSettings
from liquid_control_sim.tasks.fly_to_target import (
    FlyToTarget,
    Outcome,
    Referee,
    VehicleState,
    look_at,
)
from liquid_control_sim.wind import WindSettings
from liquid_control_sim.world import TICK_S, SensorFrame, World, WorldSettings

from liquid_control.contract import NANOSECONDS, STOP, Command
from liquid_control.errors import ConfigError

SEED = 950_000
MS = 1_000_000
QUIET_IMU = ImuSettings(
    gyro_noise_rad_s=0.0,
    gyro_bias_rad_s=0.0,
    accelerometer_noise_m_s2=0.0,
    accelerometer_bias_m_s2=0.0,
)
CALM = WindSettings(mean_m_s=(0.0, 0.0), gust_m_s=0.0)
# An empty field with no target near, so that a test of the vehicle ends when it wants to.
FIELD = WorldSettings(
    scene=SceneSettings(target_distance_m=(40.0, 40.0), start_height_m=(2.0, 2.0), trees=(0, 0)),
    camera=CameraSettings(rate_hz=(2.0, 2.0), delay_s=(0.0, 0.0)),
    imu=QUIET_IMU,
    wind=CALM,
)


@pytest.fixture(scope="module")
def world():
    shared = World()
    yield shared
    shared.close()


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


def frames_of(world: World, settings: WorldSettings, count: int, seed: int = SEED):
    """Return the first frames of a hover."""
    frames = [world.reset(seed, settings)]
    while len(frames) < count:
        frames.append(world.step(STOP))
    return frames


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


# --- the referee

TASK = FlyToTarget()
TARGET = (0.0, 0.0, 1.0)
held = st.builds(
    lambda time_s, distance, bearing, speed: (time_s, distance, bearing, speed, False),
    st.just(0.05),
    st.floats(1.31, 2.69),
    st.floats(-0.2, 0.2),
    st.floats(0.0, 0.29),
)
any_moment = held | st.tuples(
    st.floats(0.005, 2.0),
    st.floats(0.5, 5.0),
    st.floats(-3.0, 3.0),
    st.floats(0.0, 1.0),
    st.booleans(),
)


def state_at(
    time_s: float, distance: float = 2.0, bearing: float = 0.0, speed: float = 0.0
) -> VehicleState:
    """Return a vehicle south of the target, turned away from it by the bearing."""
    return VehicleState(time_s, (0.0, -distance, 1.0), (speed, 0.0, 0.0), math.pi / 2 - bearing)


def keeps_limits(distance: float, bearing: float, speed: float) -> bool:
    return 1.3 <= distance <= 2.7 and abs(bearing) <= math.radians(12) and speed < 0.3


@given(moments=st.lists(any_moment, max_size=60))
@hypothesis_settings(max_examples=200)
def test_success_falls_exactly_when_the_limits_were_kept_for_the_hold_time(moments):
    referee, now, since, expected = Referee(TASK, TARGET), 0.0, None, None
    for delta_s, distance, bearing, speed, collided in moments:
        now += delta_s
        if expected is None:
            kept = keeps_limits(distance, bearing, speed)
            since = (now if since is None else since) if kept else None
            if collided:
                expected = Outcome.COLLISION
            elif since is not None and now - since >= TASK.hold_s - 1e-9:
                expected = Outcome.SUCCESS
            elif now >= TASK.time_limit_s:
                expected = Outcome.TIMEOUT
        assert referee.judge(state_at(now, distance, bearing, speed), collided) is expected
        assert referee.outcome is expected


@given(
    first=st.sampled_from(["held", "collision", "timeout"]),
    after=st.lists(any_moment, min_size=1, max_size=20),
)
def test_a_verdict_and_its_time_are_frozen_once_it_has_fallen(first, after):
    referee = Referee(TASK, TARGET)
    if first == "held":
        referee.judge(state_at(1.0), False)
        referee.judge(state_at(2.0), False)
    else:
        referee.judge(state_at(25.0, distance=9.0), first == "collision")
    verdict, end_s, now = referee.outcome, referee.end_s, 30.0
    assert verdict is not None
    for delta_s, distance, bearing, speed, collided in after:
        now += delta_s
        assert referee.judge(state_at(now, distance, bearing, speed), collided) is verdict
    assert referee.end_s == end_s


@pytest.mark.parametrize(
    "broken",
    [
        {"distance": 1.29},
        {"distance": 2.71},
        {"bearing": 0.22},
        {"bearing": -0.22},
        {"speed": 0.3},
    ],
    ids=str,
)
def test_one_broken_limit_starts_the_hold_anew(broken):
    referee = Referee(TASK, TARGET)
    for i in range(10):
        referee.judge(state_at(0.1 * i), False)
    referee.judge(state_at(0.95, **broken), False)
    for i in range(10, 20):
        assert referee.judge(state_at(0.1 * i), False) is None
    assert referee.judge(state_at(2.0), False) is Outcome.SUCCESS


def test_touching_anything_is_a_collision_even_while_holding():
    referee = Referee(TASK, TARGET)
    referee.judge(state_at(0.0), False)
    assert referee.judge(state_at(1.0), True) is Outcome.COLLISION


def test_a_flight_that_never_holds_ends_at_the_time_limit():
    referee = Referee(TASK, TARGET)
    assert referee.judge(state_at(19.99, distance=5.0), False) is None
    assert referee.judge(state_at(20.0, distance=5.0), False) is Outcome.TIMEOUT


@given(yaw=st.floats(-10, 10), bearing=st.floats(-3.1, 3.1), distance=st.floats(0.1, 50))
def test_the_bearing_of_a_target_to_the_left_is_positive(yaw, bearing, distance):
    target = (distance * math.cos(yaw + bearing), distance * math.sin(yaw + bearing), 1.0)
    view = look_at(VehicleState(0.0, (0.0, 0.0, 1.0), (0.0, 0.0, 0.0), yaw), target)
    assert view.bearing_rad == pytest.approx(bearing, abs=1e-6)
    assert view.distance_m == pytest.approx(distance)


def test_the_simulators_clock_counts_nanoseconds_from_the_reset(world):
    frames = frames_of(world, camera_with(), 3)
    assert frames[0].now_ns == 0
    assert world.now_ns == frames[-1].now_ns == 100 * MS
    assert world.vehicle_state().time_s * NANOSECONDS == world.now_ns
