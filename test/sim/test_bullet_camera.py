"""pybullet's camera shows what MuJoCo's shows, where geometry says, in its own way."""

from __future__ import annotations

import math
from itertools import product

import mujoco
import numpy as np
import pytest
from liquid_control_sim.conditions import conditioned
from liquid_control_sim.settings import WorldSettings
from liquid_control_sim.world import World
from worlds import SEED, field

from liquid_control.contract import STOP, Image
from liquid_control.errors import ConfigError

pytest.importorskip("pybullet")

CLEAN = {"image": {"tilt_deg": 0.0, "noise": [0.0, 0.0], "delay_s": [0.0, 0.0]}}
THING = """
<mujoco>
  <asset>
    <mesh name="wedge" vertex="-.4 -.4 -.4  .4 -.4 -.4  .4 .4 -.4  -.4 .4 -.4  0 0 .5"/>
    <hfield name="hill" nrow="2" ncol="2" size=".4 .4 .4 .1" elevation="0 1 1 0"/>
  </asset>
  <worldbody><body euler="20 30 40"><geom rgba="0.9 0 0.9 1" {}/></body></worldbody>
</mujoco>
"""
SHAPES = {
    "box": 'type="box" size="0.3 0.2 0.4"',
    "sphere": 'type="sphere" size="0.4"',
    "cylinder": 'type="cylinder" size="0.2 0.4"',
    "capsule": 'type="capsule" size="0.2 0.4"',
    "ellipsoid": 'type="ellipsoid" size="0.2 0.4 0.5"',
    "mesh": 'type="mesh" mesh="wedge"',
}


def looking_at(settings: WorldSettings, target: str) -> tuple[World, Image]:
    """Return the world and the picture from 3 m in front of something, 1.3 m high."""
    world = World(settings)
    world.reset(SEED, settings)
    place = world.layout.places[target]
    away = math.hypot(place.x_m, place.y_m)
    yaw = math.atan2(place.y_m, place.x_m)
    world.data.qpos[:3] = (place.x_m * (1 - 3 / away), place.y_m * (1 - 3 / away), 1.3)
    world.data.qpos[3:7] = math.cos(yaw / 2), 0.0, 0.0, math.sin(yaw / 2)
    mujoco.mj_kinematics(world.model, world.data)
    mujoco.mj_camlight(world.model, world.data)
    image = world.measure("image").image
    world.close()
    return world, image


def pictures(settings: WorldSettings, target: str = "chair") -> tuple[Image, Image]:
    """Return the same view in MuJoCo and in pybullet."""
    return tuple(looking_at(s, target)[1] for s in (settings, conditioned(settings, "bullet")))


def clean(**parts) -> WorldSettings:
    return field(**{"sensors": CLEAN, **parts})


def red(image: Image) -> np.ndarray:
    return (image[..., 0] > 30) & (image[..., 0] > 2 * image[..., 1].astype(int))


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    return (one & other).sum() / (one | other).sum()


def outline(world: World, key: str) -> tuple[float, float, float, float]:
    """Return the least and greatest column, then row, of the corners of a thing's boxes."""
    model, data = world.model, world.data
    corners = []
    for geom in range(model.ngeom):
        mine = model.body(model.geom_bodyid[geom]).name == key
        if mine and model.geom_type[geom] == mujoco.mjtGeom.mjGEOM_BOX:
            ends = np.array(list(product((-1, 1), repeat=3))) * model.geom_size[geom]
            turn = data.geom_xmat[geom].reshape(3, 3)
            corners.append(ends @ turn.T + data.geom_xpos[geom])
    camera = model.camera("front").id
    away = np.concatenate(corners) - data.cam_xpos[camera]
    right, up, back = (away @ data.cam_xmat[camera].reshape(3, 3)).T
    focal = 48 / math.tan(math.radians(40))
    columns, rows = 48 - focal * right / back, 32 + focal * up / back
    return columns.min(), columns.max(), rows.min(), rows.max()


def test_the_target_is_where_geometry_says_and_where_mujoco_shows_it():
    world, image = looking_at(conditioned(clean(), "bullet"), "chair")
    rows, columns = np.nonzero(red(image))
    found = columns.min(), columns.max() + 1, rows.min(), rows.max() + 1
    assert np.allclose(found, outline(world, "chair"), atol=0.6)
    theirs = red(looking_at(clean(), "chair")[1])
    assert overlap(red(image), theirs) > 0.9
    assert np.allclose(np.nonzero(theirs)[1].mean(), columns.mean(), atol=0.3)
    assert np.allclose(np.nonzero(theirs)[0].mean(), rows.mean(), atol=0.3)


def test_sky_ground_and_light_are_as_bright_but_not_the_same_pixels():
    mine, theirs = pictures(clean())
    upper, lower = slice(0, 20), slice(44, 64)
    for part in (upper, lower):
        assert np.allclose(mine[part].mean((0, 1)), theirs[part].mean((0, 1)), atol=8)
    assert np.abs(mine[lower].astype(int) - theirs[lower]).mean() > 3


def test_half_the_light_makes_a_picture_darker():
    _, bright = pictures(clean(scenery={"light": {"brightness": [1.0, 1.0]}}))
    _, dark = pictures(clean(scenery={"light": {"brightness": [0.5, 0.5]}}))
    assert dark[44:].mean() == pytest.approx(bright[44:].mean() / 2, rel=0.1)


def test_haze_fades_the_target_as_it_does_in_mujoco():
    haze = {"haze": {"visibility_m": [6.0, 6.0], "share": 1.0}}
    (mine, theirs), (_, clear) = pictures(clean(scenery=haze)), pictures(clean())
    chair = red(clear)
    assert np.allclose(mine[chair].mean(0), theirs[chair].mean(0), atol=8)
    assert theirs[chair][:, 1].mean() > clear[chair][:, 1].mean() + 60


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_has_the_same_outline_in_both(tmp_path, shape):
    (tmp_path / "thing.xml").write_text(THING.format(SHAPES[shape]))
    thing = {"name": "object", "mjcf": str(tmp_path / "thing.xml"), "z_m": 1.2}
    mine, theirs = (
        (image[..., 0] > 1.5 * image[..., 1]) & (image[..., 2] > 1.5 * image[..., 1])
        for image in pictures(clean(scenery={"chair": thing}))
    )
    assert mine.sum() > 50 and overlap(mine, theirs) > 0.85


def test_a_shape_that_it_does_not_know_is_an_error_that_names_the_thing(tmp_path):
    (tmp_path / "thing.xml").write_text(THING.format('type="hfield" hfield="hill"'))
    thing = {"name": "object", "mjcf": str(tmp_path / "thing.xml")}
    settings = clean(scenery={"chair": thing}, simulator="bullet")
    with pytest.raises(ConfigError, match="HFIELD in 'chair'") as caught:
        World(settings).reset(SEED)
    assert "\n" not in str(caught.value)


def test_what_moves_is_seen_where_it_has_come_to():
    settings = conditioned(clean(sensors={"image": CLEAN["image"]}), "bullet")
    world = World(settings)
    world.reset(SEED)
    x, y, z = world.truth().position_m
    yaw, chair = world.truth().yaw_rad, world.model.body("chair").mocapid[0]
    middles = []
    for left in (0.5, -0.5):
        ahead = complex(3, left) * complex(math.cos(yaw), math.sin(yaw))
        world.data.mocap_pos[chair] = (x + ahead.real, y + ahead.imag, z - 0.5)
        world.advance(STOP)
        world.advance(STOP)
        middles.append(np.nonzero(red(world.measure("image").image))[1].mean())
    world.close()
    assert middles[1] - middles[0] == pytest.approx(19, abs=4)
