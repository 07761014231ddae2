"""A world is data: from YAML and back, in any process, and every mistake is one line."""

from __future__ import annotations

import json
import subprocess
import sys

import msgspec
import numpy as np
import pytest
import yaml
from liquid_control_sim.scenery.colours import SHADES, draw_colour
from liquid_control_sim.sensors.camera import Camera
from liquid_control_sim.settings import (
    fitted,
    from_data,
    load_world,
    to_data,
    world_card,
    world_of,
)
from liquid_control_sim.tasks import TASKS
from liquid_control_sim.tasks.fly_to_target import FlyToTarget
from liquid_control_sim.wind import CALM, Wind
from liquid_control_sim.world import World
from worlds import DEFAULT, SEED

from liquid_control.contract import (
    VELOCITY,
    Command,
    CommandCard,
    CommandField,
    PolicyCard,
    goal_input,
    image_input,
    imu_input,
    odometry_input,
    velocity_card,
)
from liquid_control.errors import ConfigError


def refusal(act, *arguments) -> str:
    """Return the message of a refusal, checked to be one line."""
    with pytest.raises(ConfigError) as caught:
        act(*arguments)
    message = str(caught.value)
    assert "\n" not in message
    return message


def wrong(changes) -> str:
    return refusal(world_of, "fly_to_target", changes, "my.yaml")


# --- there and back


@pytest.mark.parametrize("task", TASKS.names())
def test_every_tasks_world_survives_yaml_and_json(task):
    settings = world_of(task)
    data = to_data(settings)
    assert json.loads(json.dumps(data)) == data
    assert from_data(data) == settings
    assert from_data(yaml.safe_load(yaml.safe_dump(data))) == settings


def test_a_written_world_says_every_setting_by_its_name():
    data = to_data(DEFAULT)
    assert data["sensors"]["image"]["name"] == "camera"
    assert data["sensors"]["image"]["blackout"]["share"] == 0.0
    assert data["wind"]["gust_m_s"] == 0.5


# --- changes


def test_a_change_reaches_the_field_that_it_names_and_no_other():
    change = {"sensors": {"image": {"width": 48}}, "task": {"hold_s": 2}, "wind": {"gust_m_s": 0}}
    data, expected = to_data(world_of(changes=change)), to_data(DEFAULT)
    expected["sensors"]["image"]["width"] = 48
    expected["task"]["hold_s"] = 2.0
    expected["wind"]["gust_m_s"] = 0.0
    assert data == expected


def test_a_part_that_is_null_is_taken_away():
    change = {"scenery": {"trees": None, "rocks": None}, "sensors": {"imu": None}, "wind": None}
    settings = world_of(changes=change)
    assert set(settings.scenery) == set(DEFAULT.scenery) - {"trees", "rocks"}
    assert set(settings.sensors) == {"image"}
    assert settings.wind == CALM
    assert World(settings).model.nbody < 4


def test_a_field_that_may_be_nothing_is_set_to_null():
    wide = world_of(changes={"sensors": {"image": {"lens_fov_deg": [90, 100]}}})
    again = world_of(changes={"sensors": {"image": {"lens_fov_deg": None}}})
    assert wide.sensors["image"].lens_fov_deg == (90.0, 100.0)
    assert again == DEFAULT


def test_another_name_replaces_a_part_and_its_settings():
    change = {"sensors": {"imu": {"name": "odometry", "height_bias_m": 0.5}}}
    assert world_of(changes=change).sensors["imu"].height_bias_m == 0.5


def test_a_part_that_is_added_without_a_name_is_called_as_its_key():
    assert world_of(changes={"sensors": {"odometry": {}}}).sensors["odometry"].kind == "odometry"


def test_a_task_named_in_the_changes_brings_its_own_world():
    other = next(name for name in TASKS.names() if name != "fly_to_target")
    assert world_of("fly_to_target", {"task": other}) == world_of(other)
    assert world_of("fly_to_target", {"task": {"name": other}}) == world_of(other)


def test_a_world_file_changes_the_tasks_world(tmp_path):
    path = tmp_path / "dusk.yaml"
    path.write_text("scenery:\n  light: {brightness: [0.2, 3e-1]}\n")
    assert load_world(path).scenery["light"].brightness == (0.2, 0.3)
    path.write_text("scenery: [light")
    assert "dusk.yaml" in refusal(load_world, path)


# --- mistakes


def test_an_unknown_part_is_named_with_those_that_there_are():
    message = wrong({"scenary": {}})
    assert message.startswith("my.yaml") and "'scenary'" in message and "scenery" in message


@pytest.mark.parametrize(
    ("changes", "place", "words"),
    [
        ({"scenery": {"trees": {"number": 3}}}, "scenery.trees", ("'number'", "count")),
        ({"sensors": {"image": {"fov": 3}}}, "sensors.image", ("'fov'", "horizontal_fov_deg")),
        ({"task": {"limit": 3}}, "task", ("'limit'", "time_limit_s")),
        ({"vehicle": {"weight": 3}}, "vehicle", ("'weight'", "mass")),
        ({"wind": {"speed": 3}}, "wind", ("speed",)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_unknown_field_is_named_with_its_place_and_those_that_there_are(changes, place, words):
    message = wrong(changes)
    assert message.startswith(f"my.yaml: {place}: ") and all(word in message for word in words)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"vehicle": "submarine"}, ("vehicle", "'submarine'", "quadrotor")),
        ({"task": "swim"}, ("task", "'swim'", "fly_to_target")),
        ({"sensors": {"lidar": {}}}, ("sensors.lidar", "camera")),
        ({"scenery": {"house": {"storeys": 2}}}, ("scenery.house", "'house'", "trees")),
        ({"scenery": {"tree": None}}, ("scenery.tree", "trees")),
        ({"vehicle": None}, ("vehicle",)),
        ({"scenery": {"light": {"brightness": [2, 1]}}}, ("scenery.light", "[2, 1]", "swap")),
        ({"scenery": {"light": {"brightness": 1}}}, ("scenery.light", "brightness")),
        ({"scenery": {"chair": {"colour": "mauve"}}}, ("scenery.chair", "'mauve'", "red")),
        ({"scenery": {"ground": {"textures": [0, 99]}}}, ("scenery.ground", "28")),
        ({"sensors": {"image": {"jitter": 2}}}, ("sensors.image", "jitter")),
        ({"sensors": {"image": {"lens_fov_deg": [90, 180]}}}, ("sensors.image", "180")),
        ({"task": {"hold_s": float("nan")}}, ("task", "hold_s")),
        ({"scenery": ["trees"]}, ("scenery", "mapping")),
        ([1, 2], ("my.yaml", "mapping")),
    ],
    ids=str,
)
def test_a_value_that_cannot_be_used_is_refused_with_its_place(changes, words):
    message = wrong(changes)
    assert all(word in message for word in words)


@pytest.mark.parametrize(
    ("sensors", "words"),
    [
        ({"image": {"camera": "rear"}}, ("sensors.image", "'rear'", "front")),
        ({"imu": {"site": "tail"}}, ("sensors.imu", "'tail'")),
    ],
    ids=str,
)
def test_a_sensor_where_the_vehicle_has_no_place_for_it_is_refused(sensors, words):
    message = refusal(World, world_of(changes={"sensors": sensors}))
    assert all(word in message for word in words)


# --- one's own


TOWER = '''
import mujoco
from liquid_control_sim.scenery import Scenery


class Tower(Scenery, frozen=True):
    """A tower at a place."""

    x_m: float = 5.0

    def attach(self, spec, key):
        size = [0.5, 4.0, 0.0]
        kind = mujoco.mjtGeom.mjGEOM_CYLINDER
        spec.worldbody.add_geom(name=key, type=kind, size=size, pos=[self.x_m, 0, 4])

    def structure(self):
        return self
'''


def test_a_class_of_ones_own_is_a_part_by_its_file(tmp_path, monkeypatch):
    (tmp_path / "tower.py").write_text(TOWER)
    monkeypatch.chdir(tmp_path)
    change = {"scenery": {"tower": {"name": "tower.py:Tower", "x_m": 7.0}}}
    settings = world_of(changes=change)
    assert World(settings).model.geom("tower").pos[0] == 7.0
    data = to_data(settings)
    assert data["scenery"]["tower"]["name"] == f"{tmp_path / 'tower.py'}:Tower"
    monkeypatch.chdir("/")
    assert from_data(data) == settings


def test_a_world_with_a_class_of_ones_own_is_rebuilt_in_another_process(tmp_path):
    (tmp_path / "tower.py").write_text(TOWER)
    settings = world_of(changes={"scenery": {"tower": f"{tmp_path}/tower.py:Tower"}})
    code = (
        "import json, sys\n"
        "from liquid_control_sim.settings import from_data, to_data\n"
        "data = json.load(sys.stdin)\n"
        "assert to_data(from_data(data)) == data\n"
    )
    data = json.dumps(to_data(settings))
    subprocess.run([sys.executable, "-c", code], input=data, text=True, check=True, timeout=60)


@pytest.mark.parametrize(
    ("name", "words"),
    [("nowhere.py:Tower", ("nowhere.py",)), ("tower.py:House", ("House",))],
)
def test_a_class_of_ones_own_that_is_not_there_is_refused(tmp_path, monkeypatch, name, words):
    (tmp_path / "tower.py").write_text(TOWER)
    monkeypatch.chdir(tmp_path)
    message = wrong({"scenery": {"tower": name}})
    assert all(word in message for word in ("scenery.tower", *words))


# --- cards


def policy_card(command=VELOCITY, clock="image", **inputs) -> PolicyCard:
    return PolicyCard("mine", inputs, command, hidden_size=4, clock=clock)


def test_a_fitted_camera_gives_the_size_and_the_view_of_the_policy():
    card = policy_card(image=image_input(48, 64, 60.0), imu=imu_input())
    camera = fitted(DEFAULT, card).sensors["image"]
    assert isinstance(camera, Camera) and camera.input() == card.inputs["image"]
    assert camera.noise == DEFAULT.sensors["image"].noise


def test_a_fitted_world_has_no_sensor_that_the_policy_does_not_look_at():
    assert list(fitted(DEFAULT, policy_card(image=image_input())).sensors) == ["image"]


@pytest.mark.parametrize(
    ("card", "words"),
    [
        (policy_card(image=image_input(), odometry=odometry_input()), ("'odometry'", "imu")),
        (policy_card(clock="imu", imu=image_input()), ("'imu'", "kind image", "image (image)")),
        (
            policy_card(
                CommandCard("rates", (CommandField("roll_rad_s", -1.0, 1.0, 9.0),)),
                image=image_input(),
            ),
            ("rates", "roll_rad_s", "velocity"),
        ),
        (
            policy_card(
                CommandCard("velocity", (CommandField("forward_m_s", -1.0, 1.0, 9.0),)),
                image=image_input(),
            ),
            ("forward_m_s", "yaw_rate_rad_s"),
        ),
    ],
    ids=["no such sensor", "another kind", "another command", "other fields"],
)
def test_a_policy_that_does_not_fit_the_world_is_refused(card, words):
    message = refusal(fitted, DEFAULT, card)
    assert all(word in message for word in words)


class Silent(FlyToTarget, frozen=True):
    """Gives no orders."""

    def vocabulary(self):
        return None


def test_a_policy_that_waits_for_orders_is_refused_where_nobody_gives_any():
    card = policy_card(image=image_input(), goal=goal_input(("chair",), ("red",)))
    silent = msgspec.structs.replace(DEFAULT, task=Silent())
    assert "choose a task with goals" in refusal(fitted, silent, card)
    assert fitted(DEFAULT, card)


def test_narrower_limits_of_a_policy_fit():
    assert fitted(DEFAULT, policy_card(velocity_card(1.0, 0.0, 0.5), image=image_input()))


def test_the_card_of_a_world_has_its_inputs_and_its_command():
    card = world_card(DEFAULT)
    assert {key: value.kind for key, value in card.inputs.items()} == {
        "image": "image",
        "imu": "imu",
        "goal": "goal",
    }
    assert (card.clock, card.command, card.task) == ("image", VELOCITY, "fly_to_target")
    assert card.timing.nominal_dt_s == 0.05


@pytest.mark.parametrize(
    ("inputs", "clock", "dt_s"),
    [
        (["imu", "image"], "image", 0.05),
        (["imu", "odometry"], "odometry", 0.02),
        (["imu"], "imu", 0.005),
    ],
)
def test_the_clock_is_the_image_or_else_the_slowest_sensor(inputs, clock, dt_s):
    card = world_card(world_of(changes={"sensors": {"odometry": {}}}), inputs)
    assert list(card.inputs) == inputs
    assert (card.clock, card.timing.nominal_dt_s) == (clock, pytest.approx(dt_s))


def test_a_card_without_a_sensor_is_refused():
    assert "at least one sensor" in refusal(world_card, DEFAULT, [])


# --- small things


def test_every_colour_that_has_a_word_is_drawn_inside_its_shades():
    rng = np.random.default_rng(0)
    for colour, shades in SHADES.items():
        for _ in range(20):
            drawn = draw_colour(rng, colour)
            assert all(low <= v <= high for v, (low, high) in zip(drawn, shades, strict=True))
    assert "'mauve'" in refusal(draw_colour, rng, "mauve")


def test_the_chair_has_the_colour_that_was_asked_for():
    settings = world_of(changes={"task": {"colour": "blue"}})
    world = World(settings)
    world.reset(SEED)
    seat = world.model.body("chair").geomadr[0]
    red, green, blue, _ = world.model.geom_rgba[seat]
    assert blue > 0.6 and red < 0.13 and green < 0.31
    world.close()


def test_settings_are_values():
    assert msgspec.structs.replace(DEFAULT, wind=Wind()) == DEFAULT
    assert Command((0.0,)) != DEFAULT


def test_a_world_outlives_the_garbage_collector():
    # msgspec 0.22 crashes when it collects some unions of tuples that a settings class may have
    code = (
        "import gc; from liquid_control_sim.settings import world_of; "
        "from liquid_control_sim.tasks import TASKS; "
        "[(world_of(name), gc.collect()) for name in TASKS.names()]"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
