"""Each kind of thing takes the room that it says, stands where it is put, and moves and hides."""

from __future__ import annotations

import math
from dataclasses import replace

import mujoco
import numpy as np
import pytest
from liquid_control_sim.layout import Layout, Place
from liquid_control_sim.scenery import SCENERY, gate
from liquid_control_sim.scenery._bodies import PAINTED
from liquid_control_sim.scenery._obstacle import Obstacle
from liquid_control_sim.scenery._thing import Thing
from liquid_control_sim.scenery.colours import SHADES
from liquid_control_sim.scenery.kinds import ORDERABLE, kind_of
from liquid_control_sim.settings import world_of

from liquid_control.errors import ConfigError

KINDS = [name for name in SCENERY.names() if issubclass(SCENERY.get(name), Thing)]
OBSTACLES = [name for name in KINDS if issubclass(SCENERY.get(name), Obstacle)]
FLOWN_UNDER_M = 2.4
BURIED_M = -10.0
TURNED = Place(3.0, -2.0, 0.7)
FINE, RING = np.linspace(-1, 1, 61), np.linspace(-math.pi, math.pi, 49)


class Built:
    """As many things of a kind as it has shapes, compiled."""

    def __init__(self, name: str, **settings) -> None:
        self.name, self.part = name, kind_of(name)(count=kind_of(name).shapes, **settings)
        spec = mujoco.MjSpec()
        self.part.attach(spec, "a")
        self.model = spec.compile()
        self.data = mujoco.MjData(self.model)

    def stand(self, *places: Place, seed: int = 0):
        """Put things into places, and return what was drawn."""
        named = {f"place_{i}": replace(p, kind=self.name) for i, p in enumerate(places)}
        layout = Layout((0.0, 0.0, 1.0), 0.0, named)
        drawn = self.part.draw(np.random.default_rng(seed), layout, "a")
        self.part.place(self.model, self.data, "a", drawn)
        mujoco.mj_forward(self.model, self.data)
        return drawn

    def move(self, drawn, time_s: float):
        """Bring them to where they are at a time, and return (x, y, z) of each body."""
        self.part.move(self.model, self.data, "a", drawn, time_s)
        mujoco.mj_forward(self.model, self.data)
        return self.data.xpos[1:].tolist()

    def geoms(self, body: int) -> range:
        start = self.model.body(f"a_{body}").geomadr[0]
        return range(start, start + self.model.body(f"a_{body}").geomnum[0])

    def surface(self, body: int) -> np.ndarray:
        """Return points (n, 3) all over what can be touched above the ground."""
        solid = [geom for geom in self.geoms(body) if self.model.geom_contype[geom]]
        every = [surface(self.model, self.data, geom) for geom in solid]
        points = np.concatenate(every)
        return points[points[:, 2] > 0.0]


def surface(model: mujoco.MjModel, data: mujoco.MjData, geom: int) -> np.ndarray:
    kind, size = model.geom_type[geom], model.geom_size[geom]
    if kind == mujoco.mjtGeom.mjGEOM_MESH:
        start = model.mesh_vertadr[model.geom_dataid[geom]]
        points = model.mesh_vert[start : start + model.mesh_vertnum[model.geom_dataid[geom]]]
    elif kind == mujoco.mjtGeom.mjGEOM_BOX:
        points = grid(FINE, FINE, np.linspace(-1, 1, 5)) * size
    elif kind == mujoco.mjtGeom.mjGEOM_CYLINDER:
        a, z = grid(RING, np.linspace(-1, 1, 5)).T
        points = np.stack([size[0] * np.cos(a), size[0] * np.sin(a), size[1] * z], 1)
    else:
        a, b = grid(RING, RING / 2).T
        ball = np.stack([np.cos(a) * np.cos(b), np.sin(a) * np.cos(b), np.sin(b)], 1)
        if kind == mujoco.mjtGeom.mjGEOM_CAPSULE:
            points = size[0] * ball + np.sign(ball[:, 2:]) * (0, 0, size[1])
        else:
            points = ball * (size if kind == mujoco.mjtGeom.mjGEOM_ELLIPSOID else size[0])
    return points @ data.geom_xmat[geom].reshape(3, 3).T + data.geom_xpos[geom]


def grid(*axes: np.ndarray) -> np.ndarray:
    return np.stack([axis.ravel() for axis in np.meshgrid(*axes)], 1)


@pytest.fixture(scope="module", params=KINDS)
def built(request):
    return Built(request.param)


def test_its_outline_and_its_height_cover_every_shape_and_hardly_more(built):
    outline = np.array(type(built.part).outline(TURNED))
    circles, heights = [], []
    for seed in range(20):
        body = built.stand(TURNED, seed=seed)[0].body
        points = built.surface(body)
        heights.append(points[:, 2].max())
        low = points[points[:, 2] < FLOWN_UNDER_M]
        away = np.linalg.norm(low[:, None, :2] - outline[:, :2], axis=2) - outline[:, 2]
        assert away.min(1).max() < 1e-6, body
        circles.append(np.linalg.norm(low[:, :2] - (TURNED.x_m, TURNED.y_m), axis=1).max())
    kind = type(built.part)
    assert 0.9 * kind.height_m < max(heights) < kind.height_m + 1e-6
    assert 0.9 * (kind.half_length_m + kind.radius_m) < max(circles)


def test_all_of_it_that_is_drawn_can_be_touched(built):
    drawn = built.model.geom_group <= PAINTED
    assert built.model.geom_contype[drawn].all() and built.model.geom_conaffinity[drawn].all()


def test_each_shape_is_another_one_and_has_few_geoms(built):
    def look(body):
        model, geoms = built.model, list(built.geoms(body))
        return model.geom_type[geoms].tobytes(), model.geom_size[geoms].tobytes()

    shapes = type(built.part).shapes
    assert shapes >= 3
    assert len({look(body) for body in range(shapes)}) == shapes
    assert all(len(built.geoms(body)) <= 8 for body in range(shapes))


def test_it_stands_where_the_layout_says_and_the_others_are_out_of_sight(built):
    (stood,) = built.stand(TURNED)
    for body in range(built.part.count):
        x, y, z = built.data.body(f"a_{body}").xpos
        if body == stood.body:
            forward = built.data.body(f"a_{body}").xmat[:2]
            assert (x, y, z) == (TURNED.x_m, TURNED.y_m, 0.0)
            assert math.atan2(built.data.body(f"a_{body}").xmat[3], forward[0]) == pytest.approx(
                TURNED.yaw_rad
            )
        else:
            assert z < BURIED_M


def test_any_of_its_shapes_may_stand_at_a_place(built):
    stood = {built.stand(TURNED, seed=seed)[0].body for seed in range(40)}
    assert stood == set(range(built.part.count))


def test_what_has_a_path_moves_along_it_and_the_rest_stands_still(built):
    walker = Place(0.0, 0.0, path=((1.0, 0.0, 0.0), (3.0, 4.0, -2.0)))
    drawn = built.stand(walker, TURNED)
    bodies = [stood.body for stood in drawn]
    assert built.part.moves(drawn)
    for time_s, x, y in ((0.0, 0.0, 0.0), (2.0, 2.0, -1.0), (9.0, 4.0, -2.0)):
        at = built.move(drawn, time_s)
        assert at[bodies[0]] == pytest.approx([x, y, 0.0])
        assert at[bodies[1]] == [TURNED.x_m, TURNED.y_m, 0.0]


def test_what_hides_is_out_of_sight_for_that_time_alone(built):
    drawn = built.stand(Place(1.0, 2.0, hidden_s=((1.0, 2.0), (3.0, 4.0))))
    assert built.part.moves(drawn)
    for time_s, is_hidden in ((0.9, False), (1.5, True), (2.5, False), (3.5, True), (4.5, False)):
        x, y, z = built.move(drawn, time_s)[drawn[0].body]
        assert (z < BURIED_M) == is_hidden
        assert is_hidden or (x, y) == (1.0, 2.0)


def test_nothing_moves_where_all_stand_still(built):
    assert not built.part.moves(built.stand(TURNED))


@pytest.mark.parametrize("name", ORDERABLE)
@pytest.mark.parametrize("colour", ["green", "purple"])
def test_most_of_it_has_the_colour_of_its_place(name, colour):
    built = Built(name)
    for seed in range(5):
        (stood,) = built.stand(Place(0.0, 0.0, colour=colour), seed=seed)
        geoms = list(built.geoms(stood.body))
        model = built.model
        painted = [geom for geom in geoms if model.geom_group[geom] == PAINTED]
        for low, high, value in zip(
            *np.transpose(SHADES[colour]), model.geom_rgba[painted, :3].T, strict=True
        ):
            assert low - 1e-6 <= value.min() and value.max() <= high + 1e-6
        sizes = np.prod(2 * model.geom_aabb[:, 3:], axis=1)
        assert sizes[painted].sum() > 0.5 * sizes[geoms].sum()


def test_what_is_not_painted_keeps_its_own_colour():
    cone = Built("cone")
    (stood,) = cone.stand(Place(0.0, 0.0, colour="blue"))
    model, (*_, band) = cone.model, cone.geoms(stood.body)
    assert model.geom_rgba[band, :3].min() > 0.9


def test_what_stands_in_the_way_cannot_be_ordered_and_everything_else_can():
    assert list(ORDERABLE) == sorted(set(KINDS) - set(OBSTACLES))
    assert len(ORDERABLE) >= 10 and len(OBSTACLES) >= 5


@pytest.mark.parametrize("name", OBSTACLES)
def test_an_obstacle_has_a_broad_choice_of_shades_of_its_own(name):
    built = Built(name)
    shades = [built.stand(TURNED, seed=seed)[0].rgb for seed in range(60)]
    assert len(set(shades)) == 60
    assert np.ptp(np.mean(shades, axis=1)) > 0.3


@pytest.mark.parametrize("place", [Place(0, 0, colour="yellow"), Place(0, 0)])
def test_an_obstacle_has_the_colour_that_is_asked_for(place):
    built = Built("wall", colour="yellow")
    for seed in range(10):
        for value, (low, high) in zip(
            built.stand(place, seed=seed)[0].rgb, SHADES["yellow"], strict=True
        ):
            assert low <= value <= high


def test_a_gate_is_open_between_its_posts_below_its_bar():
    built = Built("gate")
    left = np.array([-math.sin(TURNED.yaw_rad), math.cos(TURNED.yaw_rad)])
    for seed in range(20):
        points = built.surface(built.stand(TURNED, seed=seed)[0].body)
        aside = np.abs((points[:, :2] - (TURNED.x_m, TURNED.y_m)) @ left)
        low = points[:, 2] < gate.INNER_HEIGHT_M - 1e-6
        assert aside[low].min() == pytest.approx(gate.INNER_WIDTH_M / 2, abs=0.01)
        assert aside.min() < 0.1
    assert len(kind_of("gate").outline(TURNED)) == 2


def test_one_of_several_keys_of_a_kind_does_not_disturb_the_other():
    parts = {key: {"name": "cone", "count": 3} for key in ("cones", "more")}
    settings = world_of(changes={"scenery": parts})
    spec = mujoco.MjSpec()
    for key in parts:
        settings.scenery[key].attach(spec, key)
    assert spec.compile().nbody == 1 + 2 * 3


@pytest.mark.parametrize("name", ["trees", "sky", "unicorn"])
def test_a_kind_that_is_no_thing_is_one_line(name):
    with pytest.raises(ConfigError, match=rf"^[^\n]*'{name}'[^\n]*expected[^\n]*$"):
        kind_of(name)


@pytest.mark.parametrize("name", ["wall", "ball"])
def test_an_unknown_colour_is_one_line(name):
    with pytest.raises(ConfigError, match=r"^[^\n]*unknown colour 'mauve'[^\n]*$"):
        world_of(changes={"scenery": {"it": {"name": name, "colour": "mauve"}}})


def test_every_shade_is_nearest_to_the_middle_of_its_own_colour():
    words = list(SHADES)
    middles = np.array([np.mean(SHADES[word], axis=1) for word in words])
    rng = np.random.default_rng(0)
    for i, word in enumerate(words):
        low, high = np.transpose(SHADES[word])
        shades = rng.uniform(low, high, (500, 3))
        away = np.linalg.norm(shades[:, None] - middles, axis=2)
        assert (away.argmin(1) == i).all(), word
