"""The outdoor scene: ground, sky, trees, rocks and a red chair, laid out anew for each seed."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from importlib import resources

import mujoco
import numpy as np
from numpy.random import Generator

TREES = 14
ROCKS = 5
GRASS_AND_EARTH, BARE_GROUND, PAVING = (
    range(7_000, 7_008),
    range(7_100, 7_116),
    range(7_008, 7_012),
)
TRAINED_TEXTURES = len(GRASS_AND_EARTH) + len(BARE_GROUND)
UNSEEN_TEXTURES = len(PAVING)
CHAIR_CENTRE_HEIGHT_M = 0.65
_VISUAL = {"contype": 0, "conaffinity": 0}
_SOLID = {"contype": 2, "conaffinity": 1}


@dataclass(frozen=True)
class SceneSettings:
    """What a seed may draw; distances in metres, angles in radians, colours in 0..1."""

    target_distance_m: tuple[float, float] = (4.0, 10.0)
    start_height_m: tuple[float, float] = (0.9, 2.2)
    textures: tuple[int, int] = (0, TRAINED_TEXTURES)
    brightness: tuple[float, float] = (0.75, 1.15)
    trees: tuple[int, int] = (6, TREES)
    corridor_m: float = 1.8


@dataclass(frozen=True)
class Layout:
    """Where one episode starts and what stands around it; world frame ENU, metres, radians."""

    start_position_m: tuple[float, float, float]
    start_yaw_rad: float
    target_position_m: tuple[float, float, float]
    trees_m: tuple[tuple[float, float], ...] = field(default=())
    rocks_m: tuple[tuple[float, float], ...] = field(default=())


def build_model() -> mujoco.MjModel:
    """Compile the quadrotor and everything a scene may contain into one model."""
    xml = resources.files("liquid_control_sim").joinpath("assets/quadrotor.xml").read_text()
    spec = mujoco.MjSpec.from_string(xml)
    spec.visual.quality.offsamples = 0
    spec.visual.quality.shadowsize = 0
    spec.visual.quality.numslices = 8
    spec.visual.quality.numstacks = 6
    spec.visual.map.znear = 0.02
    spec.visual.map.zfar = 80.0
    spec.stat.extent = 1.0
    spec.visual.headlight.active = 0
    _add_textures(spec)
    world = spec.worldbody
    world.add_light(
        name="sun", type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL, pos=[0, 0, 20], castshadow=False
    )
    world.add_geom(
        name="ground",
        type=mujoco.mjtGeom.mjGEOM_PLANE,
        size=[60, 60, 60],
        material="ground_0",
        **_SOLID,
    )
    _add_chair(world)
    for i in range(TREES):
        _add_tree(world, i)
    for i in range(ROCKS):
        rock = world.add_body(name=f"rock_{i}", mocap=True)
        rock.add_geom(
            type=mujoco.mjtGeom.mjGEOM_ELLIPSOID, size=[0.3 + 0.08 * i, 0.35, 0.22], **_SOLID
        )
    return spec.compile()


def draw_layout(rng: Generator, settings: SceneSettings) -> Layout:
    """Draw a start, a target and trees that leave the straight way between them free."""
    distance = rng.uniform(*settings.target_distance_m)
    direction = rng.uniform(-math.pi, math.pi)
    target = (distance * math.cos(direction), distance * math.sin(direction))
    count = int(rng.integers(settings.trees[0], settings.trees[1] + 1))
    return Layout(
        start_position_m=(0.0, 0.0, rng.uniform(*settings.start_height_m)),
        start_yaw_rad=rng.uniform(-math.pi, math.pi),
        target_position_m=(*target, CHAIR_CENTRE_HEIGHT_M),
        trees_m=_scatter(rng, count, target, settings.corridor_m, distance + 8.0),
        rocks_m=_scatter(rng, ROCKS, target, settings.corridor_m, distance + 4.0),
    )


def place(
    model: mujoco.MjModel,
    data: mujoco.MjData,
    layout: Layout,
    rng: Generator,
    settings: SceneSettings,
) -> None:
    """Move everything to its place in the layout and draw its looks."""
    unused = np.array([0.0, 0.0, -50.0])
    for kind, count, places in (("tree", TREES, layout.trees_m), ("rock", ROCKS, layout.rocks_m)):
        for i in range(count):
            mocap = model.body(f"{kind}_{i}").mocapid[0]
            data.mocap_pos[mocap] = (*places[i], 0.0) if i < len(places) else unused
            yaw = rng.uniform(0, 2 * math.pi)
            data.mocap_quat[mocap] = (math.cos(yaw / 2), 0, 0, math.sin(yaw / 2))
    chair = model.body("chair").mocapid[0]
    data.mocap_pos[chair] = (*layout.target_position_m[:2], 0.0)
    yaw = rng.uniform(0, 2 * math.pi)
    data.mocap_quat[chair] = (math.cos(yaw / 2), 0, 0, math.sin(yaw / 2))
    _draw_looks(model, rng, settings)


def _scatter(
    rng: Generator, count: int, target: tuple[float, float], corridor_m: float, radius_m: float
) -> tuple[tuple[float, float], ...]:
    """Draw places at least ``corridor_m`` off the segment from the origin to the target."""
    places: list[tuple[float, float]] = []
    while len(places) < count:
        r, a = radius_m * math.sqrt(rng.uniform(0.0, 1.0)), rng.uniform(-math.pi, math.pi)
        x, y = r * math.cos(a), r * math.sin(a)
        along = (x * target[0] + y * target[1]) / (target[0] ** 2 + target[1] ** 2)
        along = min(1.0, max(0.0, along))
        ends = 1.5 if along in (0.0, 1.0) else 1.0
        if math.hypot(x - along * target[0], y - along * target[1]) > ends * corridor_m:
            places.append((x, y))
    return tuple(places)


def _draw_looks(model: mujoco.MjModel, rng: Generator, settings: SceneSettings) -> None:
    texture = int(rng.integers(*settings.textures))
    ground = model.geom("ground")
    ground.matid[0] = model.material(f"ground_{texture}").id
    model.mat_texrepeat[ground.matid[0]] = rng.uniform(12, 40)
    light = rng.uniform(*settings.brightness)
    elevation, azimuth = rng.uniform(0.5, 1.4), rng.uniform(-math.pi, math.pi)
    model.light_dir[0] = (
        math.cos(elevation) * math.cos(azimuth),
        math.cos(elevation) * math.sin(azimuth),
        -math.sin(elevation),
    )
    model.light_diffuse[0] = light * 0.6 * (1 + rng.uniform(-0.06, 0.06, 3))
    model.light_ambient[0] = light * rng.uniform(0.35, 0.5)
    model.light_specular[0] = 0.0
    red = (rng.uniform(0.65, 0.95), rng.uniform(0.02, 0.14), rng.uniform(0.02, 0.14))
    for i in range(model.ngeom):
        body = model.body(model.geom_bodyid[i]).name
        if body == "chair" and model.geom_type[i] == mujoco.mjtGeom.mjGEOM_BOX:
            model.geom_rgba[i, :3] = red
        elif body.startswith("rock"):
            model.geom_rgba[i, :3] = rng.uniform(0.25, 0.65) * (1 + rng.uniform(-0.1, 0.1, 3))
        elif body.startswith("tree") and model.geom_type[i] == mujoco.mjtGeom.mjGEOM_ELLIPSOID:
            green = rng.uniform(0.28, 0.6)
            model.geom_rgba[i, :3] = (
                green * rng.uniform(0.3, 0.9),
                green,
                green * rng.uniform(0.1, 0.5),
            )
        elif body.startswith("tree"):
            model.geom_rgba[i, :3] = rng.uniform(0.15, 0.4) * np.array([1.0, 0.75, 0.5])


def _add_tree(world: mujoco.MjsBody, i: int) -> None:
    height, radius = 2.2 + 0.45 * (i % 5), 0.12 + 0.03 * (i % 3)
    crown = 0.8 + 0.25 * (i % 4)
    tree = world.add_body(name=f"tree_{i}", mocap=True)
    tree.add_geom(
        type=mujoco.mjtGeom.mjGEOM_CYLINDER,
        size=[radius, height / 2, 0],
        pos=[0, 0, height / 2],
        **_SOLID,
    )
    tree.add_geom(
        type=mujoco.mjtGeom.mjGEOM_ELLIPSOID,
        size=[crown, crown, 1.1 * crown],
        pos=[0, 0, height + 0.5 * crown],
        **_SOLID,
    )


def _add_chair(world: mujoco.MjsBody) -> None:
    chair = world.add_body(name="chair", mocap=True)
    box, capsule = mujoco.mjtGeom.mjGEOM_BOX, mujoco.mjtGeom.mjGEOM_CAPSULE
    chair.add_geom(type=box, size=[0.32, 0.32, 0.06], pos=[0, 0, 0.5], **_SOLID)
    chair.add_geom(type=box, size=[0.06, 0.32, 0.4], pos=[-0.28, 0, 0.92], **_SOLID)
    for x in (-0.27, 0.27):
        for y in (-0.27, 0.27):
            chair.add_geom(
                type=capsule,
                fromto=[x, y, 0.03, x, y, 0.48],
                size=[0.025, 0, 0],
                rgba=[0.2, 0.2, 0.2, 1],
                **_SOLID,
            )


def _add_textures(spec: mujoco.MjSpec) -> None:
    spec.add_texture(
        name="sky",
        type=mujoco.mjtTexture.mjTEXTURE_SKYBOX,
        builtin=mujoco.mjtBuiltin.mjBUILTIN_GRADIENT,
        rgb1=[0.75, 0.85, 0.95],
        rgb2=[0.35, 0.55, 0.85],
        width=64,
        height=64,
    )
    for i, seed in enumerate((*GRASS_AND_EARTH, *BARE_GROUND, *PAVING)):
        texture = spec.add_texture(
            name=f"ground_{i}",
            type=mujoco.mjtTexture.mjTEXTURE_2D,
            width=128,
            height=128,
            nchannel=3,
        )
        texture.data = _ground_pixels(seed).tobytes()
        material = spec.add_material(name=f"ground_{i}", texrepeat=[20, 20])
        material.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = f"ground_{i}"


def _ground_pixels(seed: int) -> np.ndarray:
    """Return a texture, (128, 128, 3) uint8: only grass and earth have their natural colours."""
    rng = np.random.default_rng(seed)
    natural = seed in GRASS_AND_EARTH
    base = rng.uniform([60, 75, 30], [150, 150, 90]) if natural else rng.uniform(70, 235, 3)
    pixels = np.zeros((128, 128))
    for octave in (4, 8, 16, 32, 64, 128):
        coarse = rng.standard_normal((octave, octave))
        pixels += np.kron(coarse, np.ones((128 // octave, 128 // octave))) / math.sqrt(octave)
    if seed in PAVING:
        pixels += 1.5 * ((np.indices((128, 128)) // (8 << (seed - 7_000) % 3)).sum(0) % 2)
    shade = 1 + 0.22 * (pixels - pixels.mean()) / pixels.std()
    return np.clip(base * shade[..., None], 0, 255).astype(np.uint8)
