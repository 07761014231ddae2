"""One's own pictures and things stand in the world, another one in every flight."""

from __future__ import annotations

import math
from pathlib import Path

import mujoco
import numpy as np
import pytest
from liquid_control_sim.conditions import conditioned
from liquid_control_sim.learning.config import load_config
from liquid_control_sim.learning.plan import plan
from liquid_control_sim.renderer import Renderer
from liquid_control_sim.scenery import sky
from liquid_control_sim.scenery.skies.gradient import gradient
from liquid_control_sim.scenery.sky import Sky
from liquid_control_sim.settings import from_data, load_world, to_data, world_of
from liquid_control_sim.world import World, draw_episode
from own_things import COLOURS, SEEDS, looking, uploads, written
from PIL import Image
from worlds import DEFAULT, FIELD, SEED, merged

from liquid_control.errors import ConfigError


@pytest.fixture
def pictured(folder):
    """A world with photographs and panoramas."""
    text = "scenery: {ground: {photographs: ground}, sky: {panoramas: skies}}"
    made = World(load_world(written(folder, text)))
    yield made
    made.close()


def test_each_seed_has_its_own_picture_and_always_the_same(pictured):
    def files(seed):
        drawn = draw_episode(pictured.settings, seed).drawn
        return Path(drawn["ground"].photograph).stem, Path(drawn["sky"].panorama).stem

    first = [files(seed) for seed in SEEDS]
    assert first == [files(seed) for seed in SEEDS]
    assert {ground for ground, _ in first} == {above for _, above in first} == set(COLOURS)


def test_every_camera_sees_the_pictures_of_its_flight(pictured):
    cameras = [Renderer(pictured.model, name, 30, 30) for name in ("front", "chase")]
    for seed in SEEDS:
        pictured.reset(seed)
        drawn = pictured.episode.drawn
        for camera in cameras:
            above, below = (looking(pictured, angle, camera) for angle in (1.2, -1.2))
            assert above == pytest.approx(COLOURS[Path(drawn["sky"].panorama).stem], abs=2)
            strongest = np.argmax(COLOURS[Path(drawn["ground"].photograph).stem])
            assert np.argmax(below) == strongest
    for camera in cameras:
        camera.close()


@pytest.mark.parametrize(
    ("column", "direction"), [(64, (1, 0)), (32, (0, 1)), (0, (-1, 0)), (96, (0, -1))]
)
def test_the_middle_of_a_panorama_is_to_the_east_and_its_left_half_to_the_north(
    tmp_path, column, direction
):
    pixels = np.zeros((64, 128, 3), np.uint8)
    pixels[24:40, np.arange(column - 6, column + 6) % 128] = 255
    Image.fromarray(pixels).save(tmp_path / "sky.png")
    own = World(
        world_of(changes=merged(FIELD, {"scenery": {"sky": {"panoramas": f"{tmp_path}/sky.png"}}}))
    )
    own.reset(SEED)
    camera = Renderer(own.model, "front", 30, 30)
    yaw = math.atan2(direction[1], direction[0])
    own.data.qpos[:7] = (0, 0, 2, math.cos(yaw / 2), 0, 0, math.sin(yaw / 2))
    mujoco.mj_forward(own.model, own.data)
    picture = camera.render(own.data)[:, :, 1].astype(float)
    camera.close()
    own.close()
    assert picture[12:14, 13:17].min() > 200
    assert picture[12:14, [0, -1]].max() < 50


def test_a_panorama_is_not_mirrored_and_stands_upright(tmp_path):
    pixels = np.zeros((64, 128, 3), np.uint8)
    pixels[:32, :, 0], pixels[:, 64:, 2] = 255, 255  # red above, blue right of the middle
    Image.fromarray(pixels).save(tmp_path / "sky.png")
    right, left, up, down, back, front = range(6)  # MuJoCo's order, x to its right
    faces = sky.panorama(f"{tmp_path}/sky.png").astype(float)
    assert faces[up, :, :, 0].min() > 240 and faces[down, :, :, 0].max() < 10
    assert faces[right][:100, :, 0].min() > 240 and faces[right][-100:, :, 0].max() < 10
    assert faces[right][:, :100, 2].min() > 240  # seen from outside
    assert faces[left][:, -100:, 2].min() > 240 and faces[left][:, :100, 2].max() < 10
    assert faces[front][:, :, 2].max() < 10 and faces[back][:, :, 2].min() > 240


def test_a_colour_of_the_sky_may_be_a_range():
    settings = world_of(changes={"scenery": {"sky": {"zenith": [[0.1, 0.9], 0.5, [0.0, 0.2]]}}})
    assert from_data(to_data(settings)) == settings
    drawn = [draw_episode(settings, seed).drawn["sky"] for seed in SEEDS]
    reds, greens, blues = zip(*(one.zenith for one in drawn), strict=True)
    assert len(set(reds)) == len(SEEDS) and min(reds) >= 0.1 and max(reds) <= 0.9
    assert set(greens) == {0.5} and max(blues) <= 0.2
    assert {one.horizon for one in drawn} == {Sky().horizon}


def test_a_sky_has_the_colours_that_were_drawn(world):
    other = {"sky": {"zenith": [[0.8, 0.9], 0.1, 0.1], "horizon": [0.8, 0.1, 0.1]}}
    model = world.model
    world.reset(SEED, world_of(changes={"scenery": other}))
    assert world.model is model
    camera = Renderer(world.model, "front", 30, 30)
    red, green, _ = looking(world, 1.2, camera)
    camera.close()
    assert red > 180 and green < 40


def test_the_sky_of_the_default_world_is_mujocos_gradient():
    own = World(DEFAULT)
    own.reset(SEED)
    texture = own.model.texture("sky")
    first = own.model.tex_adr[texture.id]
    pixels = own.model.tex_data[first : first + 6 * 64 * 64 * 3].reshape(6, 64, 64, 3)
    own.close()
    assert np.array_equal(pixels, gradient(Sky().zenith, Sky().horizon))
    assert pixels[2, 32, 32] == pytest.approx([190, 216, 242], abs=1)
    assert pixels[3, 32, 32] == pytest.approx([89, 140, 216], abs=1)


def test_nothing_is_sent_where_nothing_changed(world, monkeypatch):
    world.reset(SEED, DEFAULT)
    world.reset(SEED)
    sent = uploads(monkeypatch)
    camera = Renderer(world.model, "chase", 30, 30)
    for seed in SEEDS:
        world.reset(seed)
        camera.render(world.data)
    camera.close()
    assert sent == []


def test_a_changed_picture_is_sent_once_to_each_camera(pictured, monkeypatch):
    pictured.reset(SEED)
    camera = Renderer(pictured.model, "chase", 30, 30)
    files = pictured.episode.drawn["sky"].panorama, pictured.episode.drawn["ground"].photograph
    other = next(
        seed
        for seed in SEEDS
        for drawn in [draw_episode(pictured.settings, seed).drawn]
        if drawn["sky"].panorama != files[0] and drawn["ground"].photograph != files[1]
    )
    sent = uploads(monkeypatch)
    for _ in range(2):
        pictured.reset(other)
        for _ in range(3):
            camera.render(pictured.data)
    ids = [pictured.model.texture(name).id for name in ("sky", "ground_0")]
    mine = sorted(sent)
    camera.close()
    assert mine[:: len(mine) // 2] == sorted(ids)
    assert len(mine) == 2 * 2  # the chase camera and the onboard one, which measured at once


def test_a_path_is_meant_from_the_folder_of_its_file(folder, monkeypatch):
    (folder / "worlds").mkdir()
    text = (
        "scenery: {ground: {photographs: ../ground}, mug: {name: object, mjcf: ../mug.xml}}\n"
        "vehicle: {mjcf: ../mug.xml}"
    )
    path = written(folder, text, "worlds/own.yaml")
    monkeypatch.chdir(folder.parent)
    data = to_data(load_world(path.relative_to(folder.parent)))
    assert data["scenery"]["ground"]["photographs"] == str(folder / "ground")
    assert data["scenery"]["mug"]["mjcf"] == data["vehicle"]["mjcf"] == str(folder / "mug.xml")
    monkeypatch.chdir("/")
    assert to_data(from_data(data)) == data


def test_a_training_has_its_pictures_in_its_own_folder(folder, monkeypatch):
    text = (
        "name: a\nworld: {scenery: {ground: {photographs: ground}}}\n"
        "score: {world: {scenery: {sky: {panoramas: skies}}}, suites: [none]}"
    )
    path = written(folder, text, "train.yaml")
    monkeypatch.chdir("/")
    made = plan(load_config(path))
    flown = made.recipes["fly_to_target"].world["scenery"]
    assert flown["ground"]["photographs"] == str(folder / "ground")
    scored = made.score_worlds["none"]["scenery"]["sky"]["panoramas"]
    assert scored == str(folder / "skies")


def test_without_a_file_a_path_is_meant_from_the_working_folder(folder, monkeypatch):
    monkeypatch.chdir(folder)
    settings = world_of(changes={"scenery": {"ground": {"photographs": "ground"}}})
    assert to_data(settings)["scenery"]["ground"]["photographs"] == str(folder / "ground")
    sky_data = to_data(world_of())["scenery"]["sky"]
    assert sky_data["panoramas"] is None


def test_a_class_of_ones_own_may_stand_beside_the_yaml(folder, monkeypatch):
    written(
        folder,
        "from liquid_control_sim.scenery.chair import Chair\n\n\n"
        "class Stool(Chair, frozen=True):\n    pass\n",
        "stool.py",
    )
    path = written(folder, "scenery: {stool: 'stool.py:Stool'}")
    monkeypatch.chdir("/")
    data = to_data(load_world(path))
    assert data["scenery"]["stool"]["name"] == f"{folder}/stool.py:Stool"


@pytest.mark.parametrize(
    ("part", "words"),
    [
        ("ground: {photographs: gravel}", ("scenery.ground", "gravel is not there", "check")),
        ("sky: {panoramas: meshes}", ("scenery.sky", "meshes: expected pictures", "none")),
        ("ground: {photographs: mug.xml}", ("scenery.ground", "mug.xml: expected pictures")),
        ("ground: {photographs: broken}", ("scenery.ground", "broken/a.png", "replace it")),
        ("cup: {name: object, mjcf: cup.xml}", ("scenery.cup", "cup.xml is not there", "check")),
        ("cup: {name: object}", ("scenery.cup", "mjcf")),
        ("cup: {name: object, mjcf: mug.xml, x_m: [1, 2]}", ("scenery.cup", "y_m")),
        ("sky: {zenith: [[0.9, 0.1], 0.5, 0.5]}", ("scenery.sky", "[0.9, 0.1]", "swap")),
        ("sky: {zenith: [[0.1, 0.2, 0.3], 0.5, 0.5]}", ("scenery.sky", "[0.1, 0.2, 0.3]")),
        ("sky: {zenith: [[0.1, 1.2], 0.5, 0.5]}", ("scenery.sky", "zenith")),
    ],
)
def test_what_is_wrong_with_ones_own_things_is_one_line(folder, part, words):
    (folder / "broken").mkdir()
    (folder / "broken" / "a.png").write_bytes(b"no picture")
    with pytest.raises(ConfigError) as caught:
        load_world(written(folder, f"scenery: {{{part}}}"))
    message = str(caught.value)
    assert "\n" not in message and all(word in message for word in words)


def test_a_picture_that_ends_too_early_is_named_in_one_line(folder):
    path = folder / "ground" / "red.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8)).save(path)
    path.write_bytes(path.read_bytes()[:900])
    own = World(load_world(written(folder, f"scenery: {{ground: {{photographs: {path}}}}}")))
    with pytest.raises(
        ConfigError, match=rf"^{path}: expected a picture, [^\n]*replace it[^\n]*$"
    ):
        own.reset(SEED)
    own.close()


def test_the_grounds_that_training_never_saw_take_the_place_of_photographs(pictured):
    ground = conditioned(pictured.settings, "textures").scenery["ground"]
    assert ground.photographs is None
    assert ground == conditioned(DEFAULT, "textures").scenery["ground"]
