"""What each condition does to the pictures, the vehicle and the flight, beyond its settings."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from liquid_control_sim.conditions import conditioned
from liquid_control_sim.evaluation.seen import differing
from liquid_control_sim.sensors.camera import Blackout
from liquid_control_sim.sensors.covered import CoveredCamera
from liquid_control_sim.settings import to_data, world_of
from liquid_control_sim.world import World, draw_episode
from worlds import DEFAULT, MS, SEED, frames_of

from liquid_control.errors import ConfigError

IMAGE, IMU = "sensors.image", "sensors.imu"


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("blackout", [f"{IMAGE}.blackout.share"]),
        ("delay", [f"{IMAGE}.delay_s"]),
        ("far", ["task.target_distance_m", "task.time_limit_s"]),
        ("fast", [f"{IMAGE}.rate_hz"]),
        ("gusts", ["wind.gust_m_s"]),
        ("haze", ["scenery.haze"]),
        ("high", ["task.start_height_m"]),
        ("imu_bias", [f"{IMU}.accelerometer_bias_m_s2", f"{IMU}.gyro_bias_rad_s"]),
        ("latency", [f"{IMAGE}.delay_s"]),
        ("light", ["scenery.light.brightness"]),
        ("mass", ["vehicle.mass"]),
        ("motor_lag", ["vehicle.motor_lag_s"]),
        ("noise", [f"{IMAGE}.noise"]),
        ("occlusion", [f"{IMAGE}.name"]),
        ("sky", ["scenery.sky.horizon", "scenery.sky.zenith"]),
        ("slow", [f"{IMAGE}.rate_hz"]),
        ("textures", ["scenery.ground.textures"]),
        ("thrust", ["vehicle.thrust"]),
        ("wind", ["wind.gust_m_s", "wind.mean_m_s"]),
    ],
)
def test_a_condition_changes_its_own_settings_and_no_others(name, changed):
    assert differing(to_data(DEFAULT), to_data(conditioned(DEFAULT, name))) == changed


@pytest.mark.parametrize("name", ["far", "distractors", "high"])
def test_a_task_without_what_a_condition_changes_is_named(name):
    settings = world_of("rover_to_target" if name == "high" else "gates")
    with pytest.raises(ConfigError, match=r"changes a task's \w+, and this task has none"):
        conditioned(settings, name)


def test_images_are_late_by_the_latency(world):
    ages_ms = set()
    for seed in range(SEED, SEED + 6):
        events = frames_of(world, conditioned(DEFAULT, "latency"), 3, seed)
        ages_ms |= {(event.now_ns - event.value.stamp_ns) / MS for event in events}
    assert all(50 <= age <= 300 for age in ages_ms)
    assert max(ages_ms) - min(ages_ms) > 50


@pytest.mark.parametrize(("name", "rate_hz"), [("slow", 5), ("fast", 60)])
def test_frames_come_at_the_rate(world, name, rate_hz):
    frames = frames_of(world, conditioned(DEFAULT, name), 13)
    lasts_s = (frames[-1].value.stamp_ns - frames[0].value.stamp_ns) * 1e-9
    assert 12 / lasts_s == pytest.approx(rate_hz, rel=0.05)


def test_the_mass_differs_and_its_controller_does_not_know(world):
    masses_kg = []
    for seed in range(SEED, SEED + 8):
        world.reset(seed, conditioned(DEFAULT, "mass"))
        masses_kg.append(float(world.model.body("quadrotor").mass[0]))
    assert all(0.7 * 1.3 <= mass <= 1.3 * 1.3 for mass in masses_kg)
    assert max(masses_kg) - min(masses_kg) > 0.2


def test_the_motors_take_twice_as_long_as_their_model_says(world):
    world.reset(SEED, DEFAULT)
    before = world.model.actuator_dynprm[:, 0].copy()
    world.reset(SEED, conditioned(DEFAULT, "motor_lag"))
    assert world.model.actuator_dynprm[:, 0] == pytest.approx(2 * before)
    twice = conditioned(conditioned(DEFAULT, "motor_lag"), "motor_lag")
    assert twice.vehicle.motor_lag_s == pytest.approx((4 * before[0], 4 * before[0]))


def test_a_high_start_is_high():
    for seed in range(SEED, SEED + 5):
        start = draw_episode(conditioned(DEFAULT, "high"), seed).layout.start_position_m
        assert 4 <= start[2] <= 8


def test_haze_comes_once_and_after_the_sky():
    hazy = conditioned(world_of(changes={"scenery": {"haze": {"share": 0.1}}}), "haze")
    keys = list(hazy.scenery)
    assert keys.count("haze") == 1 and keys.index("haze") > keys.index("sky")
    assert hazy.scenery["haze"].share == 1.0


def test_the_sky_is_pink_where_it_was_blue(world):
    for seed in range(SEED, SEED + 4):
        above = [
            frames_of(world, settings, 1, seed)[0].value.image[:6].mean(axis=(0, 1))
            for settings in (DEFAULT, conditioned(DEFAULT, "sky"))
        ]
        (red, green, blue), (pink_red, pink_green, _) = above
        assert red < green < blue and pink_red > pink_green + 15


def test_the_lens_sees_60_to_110_degrees(world):
    seen = []
    for seed in range(SEED, SEED + 6):
        (frame,) = frames_of(world, conditioned(DEFAULT, "lens"), 1, seed)
        half = frame.value.image.shape[1] / 2 / frame.value.intrinsics.fx
        seen.append(math.degrees(2 * math.atan(half)))
    assert all(60 <= fov <= 110 for fov in seen)
    assert max(seen) - min(seen) > 10


def test_patches_cover_a_part_of_the_picture_and_move_every_second():
    shared = World(conditioned(DEFAULT, "occlusion"))
    frames = frames_of(shared, shared.settings, 60)
    shared.close()
    covered = np.array([(f.value.image == 0).all(axis=2) for f in frames])
    shares = covered.mean(axis=(1, 2))
    assert (shares > 0).all() and shares.max() < 0.7
    moves = [i for i in range(1, 60) if (covered[i] ^ covered[i - 1]).sum() > 50]
    assert moves == [20, 40]


def test_patches_are_of_the_greys_asked_for_and_leave_black_frames_black():
    task = world_of("fly_to_target")
    black = Blackout(share=1.0, black_frames=(12, 12), period_frames=24)
    camera = CoveredCamera(patches=(1, 1), size=(0.5, 0.5), grey=(1.0, 1.0), blackout=black)
    settings = msgspec.structs.replace(task, sensors={**task.sensors, "image": camera})
    shared = World(settings)
    frames = frames_of(shared, settings, 24)
    shared.close()
    white = [(f.value.image == 255).all(axis=2).mean() for f in frames]
    dark = [not f.value.image.any() for f in frames]
    assert sum(dark) == 12
    assert all(is_dark or share > 0.01 for is_dark, share in zip(dark, white, strict=True))


def test_all_look_alikes_share_the_kind_or_the_colour_that_was_ordered():
    settings = conditioned(world_of("find"), "distractors")
    for seed in range(SEED, SEED + 5):
        layout = draw_episode(settings, seed).layout
        things = [place for place in layout.places.values() if place.colour]
        target = layout.places[layout.target]
        others = [place for place in things if place is not target]
        assert len(others) >= 3
        assert all(p.kind == target.kind or p.colour == target.colour for p in others)


@pytest.fixture
def album(folder):
    """A YAML that names photographs of sky and ground beside it."""
    file = folder / "album.yaml"
    file.write_text("scenery: {sky: {panoramas: skies}, ground: {photographs: ground}}")
    return file


def test_photographs_take_the_place_of_sky_and_ground(album):
    there = conditioned(DEFAULT, {"name": "photographs", "world": str(album)})
    assert there.scenery["sky"].panoramas == str(album.parent / "skies")
    assert there.scenery["ground"].photographs == str(album.parent / "ground")
    assert there.task == DEFAULT.task and there.sensors == DEFAULT.sensors


def test_only_the_ground_may_be_a_photograph(album):
    there = conditioned(DEFAULT, {"name": "ground", "world": str(album)})
    assert there.scenery["ground"].photographs == str(album.parent / "ground")
    assert there.scenery["sky"] == DEFAULT.scenery["sky"]


def test_where_a_package_is_not_installed_photographs_are_refused_and_a_ground_is_painted(album):
    album.write_text(album.read_text().replace("ground}", "'package:no_such_one/photos'}"))
    with pytest.raises(ConfigError, match="no_such_one"):
        conditioned(DEFAULT, {"name": "photographs", "world": str(album)})
    ground = conditioned(DEFAULT, {"name": "ground", "world": str(album)})
    assert ground == conditioned(DEFAULT, "textures")
