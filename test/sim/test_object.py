"""Things of one's own from MJCF files stand in the world and are touched."""

from __future__ import annotations

import math

import mujoco
import numpy as np
import pytest
from liquid_control_sim.layout import Layout, Place
from liquid_control_sim.renderer import Renderer
from liquid_control_sim.settings import load_world, world_of
from liquid_control_sim.tasks import Outcome
from liquid_control_sim.world import World
from own_things import written
from worlds import FIELD, SEED, merged

from liquid_control.contract import velocity
from liquid_control.errors import ConfigError


def test_an_object_of_ones_own_is_the_target_and_is_touched_by_its_name(folder):
    text = (
        "task: {target: mug, target_distance_m: [3, 3], start_height_m: [1, 1]}\nwind: null\n"
        "scenery: {trees: null, rocks: null, mug: {name: object, mjcf: mug.xml}}"
    )
    own = World(load_world(written(folder, text)))
    own.reset(SEED)
    target = own.layout.places["mug"]
    assert own.data.body("mug").xpos[:2] == pytest.approx((target.x_m, target.y_m))
    while own.verdict is None:
        view_rad = math.atan2(target.y_m, target.x_m) - own.truth().yaw_rad
        view_rad = math.remainder(view_rad, 2 * math.pi)
        ahead = abs(view_rad) < 0.1
        own.advance(velocity(1.0 if ahead else 0.0, 0.0, 0.0, 0.0 if ahead else view_rad))
    own.close()
    assert (own.verdict.outcome, own.verdict.touched) == (Outcome.COLLISION, "mug")


def test_an_object_that_is_not_solid_touches_nothing(folder):
    own = world_of(
        changes={
            "scenery": {"mug": {"name": "object", "mjcf": f"{folder}/mug.xml", "solid": False}}
        }
    )
    made = World(own)
    inside = [
        geom
        for geom in range(made.model.ngeom)
        if made.model.body(made.model.body_rootid[made.model.geom_bodyid[geom]]).name == "mug"
    ]
    assert len(inside) == 3
    assert not made.model.geom_contype[inside].any()
    assert not made.model.geom_conaffinity[inside].any()
    made.close()


def test_what_an_object_is_drawn_with_is_seen_and_what_it_collides_with_is_not(folder):
    change = {"mug": {"name": "object", "mjcf": f"{folder}/mug.xml", "x_m": [4, 4], "y_m": [0, 0]}}
    own = World(world_of(changes=merged(FIELD, {"scenery": change})))
    own.reset(SEED)
    camera = Renderer(own.model, "front", 30, 30)
    own.data.qpos[:7] = (0, 0, 1, 1, 0, 0, 0)
    mujoco.mj_forward(own.model, own.data)
    red, green, blue = camera.render(own.data)[15, 15].astype(int)
    camera.close()
    own.close()
    assert green > 50 and max(red, blue) < 20


@pytest.mark.parametrize(
    ("places", "ranges", "found"),
    [
        ({"mug": Place(1.0, 2.0, 0.5)}, {"x_m": [5, 6], "y_m": [5, 6]}, (1.0, 2.0)),
        ({}, {"x_m": [5, 5], "y_m": [-3, -3]}, (5.0, -3.0)),
        ({}, {}, None),
    ],
    ids=["by the task", "by its ranges", "nowhere"],
)
def test_an_object_stands_where_the_task_or_else_its_ranges_say(folder, places, ranges, found):
    change = {"mug": {"name": "object", "mjcf": f"{folder}/mug.xml", **ranges}}
    mug = world_of(changes={"scenery": change}).scenery["mug"]
    layout = Layout((0.0, 0.0, 1.0), 0.0, places)
    place = mug.draw(np.random.default_rng(0), layout, "mug").place
    assert (None if place is None else (place.x_m, place.y_m)) == found


@pytest.mark.parametrize(
    ("mjcf", "words"),
    [
        ("<mujoco><worldbody><geom size='1'</mujoco>", "cannot be used"),
        ("<mujoco><worldbody/></mujoco>", "expected geoms"),
        ("<mujoco><worldbody><geom type='box' size='0 1 1'/></worldbody></mujoco>", "size"),
    ],
)
def test_a_file_that_is_no_object_is_named_in_one_line(folder, mjcf, words):
    (folder / "mug.xml").write_text(mjcf)
    settings = load_world(written(folder, "scenery: {mug: {name: object, mjcf: mug.xml}}"))
    with pytest.raises(
        ConfigError, match=rf"^scenery\.mug: {folder}/mug\.xml[^\n]*{words}[^\n]*$"
    ):
        World(settings)
