"""The rover and its task: it rolls on real wheels, obeys an order and is judged by it."""

from __future__ import annotations

import dataclasses
import math

import msgspec
import numpy as np
import pytest
from liquid_control_sim.conditions import conditioned
from liquid_control_sim.flight import ExpertSteps, fly
from liquid_control_sim.layout import Layout, Place
from liquid_control_sim.settings import WorldSettings, from_data, to_data, world_card, world_of
from liquid_control_sim.tasks import Outcome
from liquid_control_sim.tasks.rover_to_target import RoverExpert, RoverToTarget, view_of
from liquid_control_sim.vehicles import Truth
from liquid_control_sim.vehicles.rover import Rover
from liquid_control_sim.world import World

from liquid_control.contract import STOP, Goal, velocity
from liquid_control.pipeline import Pilot

SEED = 950_000
SMALL = world_of("rover_to_target", {"sensors": {"image": {"width": 8, "height": 6}}})
BLIND = world_of(
    "rover_to_target",
    {"sensors": {"image": None}, "scenery": {"trees": None, "rocks": None}},
)
CARD = Rover().command


@pytest.fixture(scope="module")
def worlds():
    opened = [World(settings) for settings in (SMALL, BLIND)]
    yield opened
    for one in opened:
        one.close()


@pytest.fixture
def world(worlds):
    """The task's world with a camera of few pixels."""
    worlds[0].reset(SEED, SMALL)
    return worlds[0]


@pytest.fixture
def blind(worlds):
    """A field with barrels only and no camera: it runs fast."""
    worlds[1].reset(SEED, BLIND)
    return worlds[1]


def drive(world: World, seconds: float, command=STOP) -> Truth:
    for _ in range(round(seconds / 0.005)):
        world.advance(command)
    return world.truth()


def facing(world: World, key: str, distance_m: float) -> None:
    """Put the rover of the present flight before a barrel, looking at it."""
    place = world.layout.places[key]
    direction = math.atan2(place.y_m, place.x_m)
    left = math.hypot(place.x_m, place.y_m) - distance_m
    world.data.qpos[:2] = left * math.cos(direction), left * math.sin(direction)
    world.data.qpos[3:7] = math.cos(direction / 2), 0.0, 0.0, math.sin(direction / 2)


def test_it_drives_straight_ahead_at_the_speed_that_was_commanded(blind):
    before = drive(blind, 1.0, velocity(0.8))
    after = drive(blind, 1.0, velocity(0.8))
    dx, dy = (b - a for a, b in zip(before.position_m[:2], after.position_m[:2], strict=True))
    assert math.hypot(dx, dy) == pytest.approx(0.8, abs=0.05)
    assert math.atan2(dy, dx) == pytest.approx(before.yaw_rad, abs=0.03)


@pytest.mark.parametrize("rate", [1.0, -0.5])
def test_it_turns_in_place_to_the_left_where_the_yaw_rate_is_positive(blind, rate):
    drive(blind, 1.0, velocity(yaw_rate_rad_s=rate))
    after = drive(blind, 0.5, velocity(yaw_rate_rad_s=rate))
    assert after.yaw_rate_rad_s == pytest.approx(rate, abs=0.06)
    assert math.hypot(*after.position_m[:2]) < 0.1


def test_it_stops_and_stands(blind):
    drive(blind, 1.5, velocity(1.0, yaw_rate_rad_s=0.5))
    stopped = drive(blind, 1.0)
    later = drive(blind, 1.0)
    assert math.dist(stopped.position_m, later.position_m) < 0.005


def test_motors_lag_behind_the_command(blind):
    assert math.hypot(*drive(blind, 0.03, velocity(1.0)).velocity_m_s) < 0.4
    assert math.hypot(*drive(blind, 1.0, velocity(1.0)).velocity_m_s) > 0.9


def test_wheels_slip_on_slippery_ground(blind):
    ways = {}
    for grip in (0.02, 0.9):
        vehicle = msgspec.structs.replace(blind.settings.vehicle, grip=(grip, grip))
        blind.reset(SEED, msgspec.structs.replace(blind.settings, vehicle=vehicle))
        ways[grip] = math.hypot(*drive(blind, 1.0, velocity(1.0)).position_m[:2])
    assert ways[0.02] < 0.5 * ways[0.9]


def test_it_cannot_move_sideways_or_up():
    fields = {field.name: field.scale for field in CARD.fields}
    assert fields["left_m_s"] == fields["up_m_s"] == 0.0
    assert fields["forward_m_s"] > 0.0 < fields["yaw_rate_rad_s"]


def test_at_rest_its_accelerometer_shows_gravity_from_the_first_sample(blind):
    for _ in range(10):
        blind.advance(STOP)
    samples = [e.value.accelerometer_m_s2 for e in blind.events() if e.source == "imu"]
    assert samples[0] == pytest.approx((0.0, 0.0, 9.81), abs=1.2)
    assert np.mean(samples, axis=0) == pytest.approx((0.0, 0.0, 9.81), abs=0.5)


def test_wheels_on_the_ground_are_no_collision(blind):
    drive(blind, 1.0, velocity(1.0, yaw_rate_rad_s=1.0))
    assert blind.data.ncon >= 3
    assert blind.verdict is None


def test_a_rover_that_has_turned_over_is_a_collision_with_the_ground(blind):
    blind.data.qpos[2] = 0.3
    blind.data.qpos[3:7] = 0.0, 1.0, 0.0, 0.0
    drive(blind, 1.0)
    assert blind.verdict.outcome is Outcome.COLLISION
    assert blind.verdict.touched == "ground"


def test_a_barrel_that_is_hit_is_a_collision_and_is_named(blind):
    key = next(key for key in blind.layout.places if key != blind.layout.target)
    facing(blind, key, 1.2)
    drive(blind, 2.0, velocity(1.0))
    assert blind.verdict.outcome is Outcome.COLLISION
    assert blind.verdict.touched == key


def test_standing_before_the_ordered_barrel_is_a_success(blind):
    facing(blind, blind.layout.target, 1.4)
    drive(blind, 2.0)
    assert blind.verdict.outcome is Outcome.SUCCESS


def test_standing_before_another_barrel_is_no_success(blind):
    other = next(key for key in blind.layout.places if key != blind.layout.target)
    facing(blind, other, 1.4)
    drive(blind, 30.0)
    assert blind.verdict.outcome is Outcome.TIMEOUT


@pytest.mark.parametrize(
    ("distance_m", "off_rad", "speed_m_s"),
    [(0.9, 0, 0), (1.9, 0, 0), (1.4, 0.3, 0), (1.4, 0, 0.3)],
)
def test_too_near_too_far_askew_or_moving_is_no_success(distance_m, off_rad, speed_m_s):
    layout = Layout((0.0, 0.0, 0.0), 0.0, {"red_barrel": Place(5.0, 0.0)}, "red_barrel")
    referee = RoverToTarget().referee(layout)
    for i in range(100):
        state = (5.0 - distance_m, 0.0, 0.1), (speed_m_s, 0.0, 0.0), off_rad
        assert referee.judge(Truth(i * 0.05, *state), None) is None


def test_the_order_arrives_first_and_names_a_barrel_that_stands_there(world):
    for seed in range(SEED, SEED + 10):
        world.reset(seed)
        first = world.events()[0]
        assert first.source == "goal"
        assert isinstance(first.value, Goal)
        assert first.value.kind == "barrel"
        assert f"{first.value.colour}_barrel" == world.layout.target
        assert world.layout.target in world.layout.places


def test_every_colour_is_ordered_and_barrels_have_different_ones():
    task, ordered = RoverToTarget(), set()
    for seed in range(60):
        layout = task.draw(np.random.default_rng(seed))
        ordered.add(task.goal(layout, 0).colour)
        assert len(layout.places) in (3, 4)
        for place in layout.places.values():
            assert 3.0 <= math.hypot(place.x_m, place.y_m) <= 7.0
    assert ordered == set(task.colours)


def test_a_barrel_that_the_layout_leaves_away_is_out_of_sight(world):
    task = msgspec.structs.replace(world.settings.task, count=(3, 3))
    world.reset(SEED, msgspec.structs.replace(world.settings, task=task))
    missing = set(world.settings.scenery) - set(world.layout.places)
    (key,) = [key for key in missing if key.endswith("_barrel")]
    world.advance(STOP)
    assert world.data.body(key).xpos[2] < -10.0


def test_the_expert_drives_to_the_ordered_barrel(world):
    pilot = Pilot(ExpertSteps(world, world_card(world.settings)))
    flights = [fly(world, pilot, seed) for seed in range(SEED + 100, SEED + 120)]
    assert [f.verdict.outcome for f in flights] == [Outcome.SUCCESS] * 20
    for flight in flights:
        place = flight.layout.places[flight.layout.target]
        assert 1.0 < math.dist(flight.positions_m[-1][:2], (place.x_m, place.y_m)) < 1.8


def test_the_same_seed_is_the_same_drive(world):
    pilot = Pilot(ExpertSteps(world, world_card(world.settings)))
    one, two = (fly(world, pilot, SEED + 5) for _ in range(2))
    assert one.verdict == two.verdict
    assert np.array_equal(one.stamps_ns, two.stamps_ns)
    assert np.array_equal(one.commands, two.commands)
    assert np.array_equal(one.positions_m, two.positions_m)


def looking(places: dict[str, Place], target: str):
    """Return an expert in a layout, and the truth at its start."""
    expert = RoverExpert(CARD)
    expert.reset(Layout((0.0, 0.0, 0.0), 0.0, places, target))
    return expert, Truth(0.0, (0.0, 0.0, 0.1), (0.0, 0.0, 0.0), 0.0)


def test_the_expert_knows_nothing_of_a_barrel_out_of_view():
    for y in (-2.0, 0.0, 2.0):
        expert, truth = looking({"red_barrel": Place(-4.0, y)}, "red_barrel")
        assert expert.command(truth, None) == velocity(yaw_rate_rad_s=0.9)


def test_the_expert_does_not_see_through_a_barrel():
    places = {"red_barrel": Place(6.0, 0.1), "blue_barrel": Place(3.0, 0.0)}
    expert, truth = looking(places, "red_barrel")
    assert expert.command(truth, None).values[0] == 0.0


def test_the_expert_goes_around_a_barrel_on_the_way():
    places = {"red_barrel": Place(6.0, 0.0), "blue_barrel": Place(3.0, -0.4)}
    expert, truth = looking(places, "red_barrel")
    assert expert.command(truth, None).values[3] > 0.1
    alone, truth = looking({"red_barrel": Place(6.0, 0.0)}, "red_barrel")
    assert alone.command(truth, None).values[3] == 0.0


def test_the_expert_searches_towards_where_the_barrel_was_last_seen():
    expert, truth = looking({"red_barrel": Place(4.0, -2.0)}, "red_barrel")
    expert.command(truth, None)
    away = dataclasses.replace(truth, time_s=5.0, yaw_rad=1.5)
    assert expert.command(away, None) == velocity(yaw_rate_rad_s=-0.9)


def test_the_shortfall_falls_while_the_rover_comes_nearer_and_turns_to_it():
    task = RoverToTarget()
    layout = Layout((0.0, 0.0, 0.0), 0.0, {"red_barrel": Place(5.0, 0.0)}, "red_barrel")
    far = Truth(0.0, (0.0, 0.0, 0.1), (0.0, 0.0, 0.0), 1.0)
    near = Truth(0.0, (2.0, 0.0, 0.1), (0.0, 0.0, 0.0), 1.0)
    turned = Truth(0.0, (2.0, 0.0, 0.1), (0.0, 0.0, 0.0), 0.0)
    falls = [task.shortfall(truth, layout) for truth in (far, near, turned)]
    assert falls == sorted(falls, reverse=True)
    assert task.info(near, layout)["distance_m"] == pytest.approx(3.0)
    assert view_of(near, layout.places["red_barrel"]).bearing_rad == pytest.approx(-1.0)


def test_its_world_comes_back_from_plain_data(world):
    assert from_data(to_data(world.settings)) == world.settings


@pytest.mark.parametrize(
    "name", ["jitter", "blackout", "textures", "far", "light", "noise", "rate"]
)
def test_conditions_change_its_world(world, name):
    changed = conditioned(world.settings, name)
    assert isinstance(changed, WorldSettings)
    assert changed != world.settings


def test_far_barrels_stand_farther(world):
    world_far = conditioned(world.settings, "far")
    world.reset(SEED, world_far)
    distances = [math.hypot(p.x_m, p.y_m) for p in world.layout.places.values()]
    assert min(distances) >= 7.0
