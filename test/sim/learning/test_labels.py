"""Labels say what a camera sees where: kind, colour, distance, what is in the way, how high."""

import math
from dataclasses import replace

import msgspec
import mujoco
import numpy as np
import pytest
from liquid_control_sim.layout import Place
from liquid_control_sim.learning.labels import CELL, Labeller
from liquid_control_sim.scenery.kinds import kind_of
from liquid_control_sim.settings import world_card, world_of
from liquid_control_sim.tasks.find import Find
from liquid_control_sim.world import World
from truths import layout_of

CHAIR = Place(6.0, 0.0, 0.5, kind="chair", colour="red")
CLEAR = {"noise": [0.0, 0.0], "tilt_deg": 0.0}
FIELD = {"scenery": {"trees": None, "rocks": None, "gate": {"name": "gate"}}}
SETTINGS = world_of("find", {**FIELD, "sensors": {"image": CLEAR}})
CARD = world_card(SETTINGS)
WORDS = CARD.inputs["goal"].settings
ROWS, COLUMNS = (side // CELL for side in CARD.inputs["image"].shape[:2])
CAMERA_AHEAD_M = 0.12
"""Of the middle of the vehicle."""
HALF_VIEW = math.tan(math.radians(40))


class ByHand(Find, frozen=True):
    """A flight from above the origin, facing along x, with things where one wants them."""

    things: tuple[Place, ...] = ()

    def draw(self, rng):
        return layout_of(**{f"it_{i}": place for i, place in enumerate(self.things)})


@pytest.fixture(scope="module")
def studio():
    """Return the labels of things that stand before the camera."""
    world = World(SETTINGS)
    labeller = Labeller(world, CARD.inputs["image"], CARD.inputs["goal"])

    def see(*things: Place, time_s: float = 0.0, **camera):
        image = msgspec.structs.replace(SETTINGS.sensors["image"], **camera)
        sensors = {**SETTINGS.sensors, "image": image}
        settings = msgspec.structs.replace(SETTINGS, task=ByHand(things=things), sensors=sensors)
        world.reset(0, settings)
        labeller.begin()
        world.show(time_s)
        mujoco.mj_kinematics(world.model, world.data)
        return labeller.label(), world.measure("image").image

    yield see
    labeller.close()
    world.close()


def number(key: str, word: str) -> int:
    return WORDS[key].index(word) + 1


def column_of(bearing_rad: float) -> int:
    """Return the column of cells of a direction, left positive."""
    return int(COLUMNS / 2 * (1 - math.tan(bearing_rad) / HALF_VIEW))


def cells_of(labels, kind: str) -> np.ndarray:
    """Return (rows, columns) of where a kind stands."""
    return labels["kinds"] == number("kinds", kind)


def test_a_chair_ahead_is_labelled_where_it_stands_with_its_kind_and_its_colour(studio):
    labels, _ = studio(CHAIR)
    cells = cells_of(labels, "chair")
    assert 4 <= cells.sum() <= 16
    assert set(np.unique(labels["kinds"])) == {0, number("kinds", "chair")}
    assert set(labels["colours"][cells]) == {number("colours", "red")}
    rows, columns = np.nonzero(cells)
    assert columns.mean() == pytest.approx((COLUMNS - 1) / 2, abs=1.0)
    assert rows.mean() > (ROWS - 1) / 2


@pytest.mark.parametrize("y_m", [-2.5, 2.5])
def test_what_stands_to_the_left_is_left(studio, y_m):
    labels, _ = studio(Place(6.0, y_m, kind="chair", colour="red"))
    columns = np.nonzero(cells_of(labels, "chair"))[1]
    assert columns.mean() == pytest.approx(column_of(math.atan2(y_m, 6.0)), abs=1.0)


@pytest.mark.parametrize("away_m", [4.0, 6.0, 12.0])
def test_the_distance_is_right_within_a_tenth(studio, away_m):
    labels, _ = studio(Place(away_m, 1.0, kind="barrel", colour="red"))
    distances = np.exp(labels["distances"][cells_of(labels, "barrel")])
    surface_m = math.hypot(away_m - CAMERA_AHEAD_M, 1.0) - kind_of("barrel").radius_m
    assert distances == pytest.approx(surface_m, rel=0.1)


def test_the_picture_is_red_where_the_labels_say_so(studio):
    labels, image = studio(Place(4.0, 0.5, kind="box", colour="red"))
    cells = cells_of(labels, "box")
    blocks = image.reshape(ROWS, CELL, COLUMNS, CELL, 3).mean((1, 3))
    redness = blocks[..., 0] - blocks[..., 1:].mean(-1)
    assert redness[cells].mean() > redness[~cells].mean() + 30


def test_the_nearer_of_two_is_what_a_cell_shows(studio):
    cone = Place(7.0, 0.0, kind="cone", colour="blue")
    assert cells_of(studio(cone)[0], "cone").any()
    labels, _ = studio(cone, Place(3.0, 0.0, kind="person", colour="red"))
    assert set(np.unique(labels["kinds"])) == {0, number("kinds", "person")}
    assert set(labels["colours"][cells_of(labels, "person")]) == {number("colours", "red")}


def test_what_is_behind_a_wall_or_hides_is_not_labelled(studio):
    wall = Place(3.0, 0.0, kind="wall")
    assert not studio(CHAIR, wall)[0]["kinds"].any()
    hides = replace(CHAIR, hidden_s=((1.0, 2.0),))
    assert studio(hides)[0]["kinds"].any()
    assert not studio(hides, time_s=1.5)[0]["kinds"].any()


def test_a_column_says_how_near_what_is_in_its_way_is(studio):
    trunk = Place(3.0, 1.0, kind="trunk")
    labels, _ = studio(trunk)
    away_m, column = math.hypot(3.0, 1.0), column_of(math.atan2(1.0, 3.0))
    nearest_m = 1.0 / labels["obstacles"][column]
    assert away_m - kind_of("trunk").radius_m - 0.1 <= nearest_m <= away_m
    free = np.delete(labels["obstacles"], range(column - 2, column + 3))
    assert not free.any()
    assert not labels["kinds"].any()


def test_ground_and_what_lies_on_it_are_no_obstacles(studio):
    behind = Place(-5.0, 0.0, kind="chair", colour="red")
    assert not studio(behind)[0]["obstacles"].any()


def test_the_way_through_a_gate_is_part_of_it_and_no_obstacle(studio):
    labels, _ = studio(Place(4.0, 0.0, kind="gate", colour="blue"))
    middle = slice(COLUMNS // 2 - 1, COLUMNS // 2 + 1)
    assert cells_of(labels, "gate")[ROWS // 2, middle].all()
    assert not labels["obstacles"][middle].any()
    assert labels["obstacles"].max() == pytest.approx(1 / 4.0, rel=0.1)


def test_the_height_is_that_of_the_camera(studio):
    assert math.exp(studio(CHAIR)[0]["height"]) == pytest.approx(1.2, abs=0.1)


def test_labels_are_of_the_policys_view_whatever_the_lens(studio):
    usual, wide = studio(CHAIR)[0], studio(CHAIR, lens_fov_deg=(110.0, 110.0))[0]
    assert np.array_equal(usual["kinds"], wide["kinds"])
    assert np.array_equal(usual["obstacles"], wide["obstacles"])


def test_labelling_leaves_the_lens_as_it_was(studio):
    _, image = studio(CHAIR, lens_fov_deg=(110.0, 110.0))
    assert not np.array_equal(image, studio(CHAIR)[1])
