"""A world is what its seed and settings say, and a flight in it ends as its referee says."""

from __future__ import annotations

import math

import numpy as np
import pytest
from liquid_control_sim.conditions import conditioned
from liquid_control_sim.flight import ExpertSteps, Flight, fly
from liquid_control_sim.settings import WorldSettings, world_card, world_of
from liquid_control_sim.tasks import Outcome
from liquid_control_sim.tasks._geometry import look_at
from liquid_control_sim.tasks.fly_to_target import target_of
from liquid_control_sim.world import NoFlightError, World, draw_episode
from worlds import DEFAULT, MS, SEED, events_of, field, frames_of

from liquid_control.contract import NANOSECONDS, STOP, Event, Observation, velocity
from liquid_control.pipeline import Pilot


def fly_expert(
    world: World, seed: int, settings: WorldSettings = DEFAULT
) -> tuple[Flight, list[Observation]]:
    """Return an expert's flight and everything that its pilot observed."""
    seen = []
    pilot = Pilot(ExpertSteps(world, world_card(settings)))
    flight = fly(world, pilot, seed, settings, lambda step: seen.append(step.observation))
    return flight, [observation for observation in seen if observation is not None]


def same_observations(one: list[Observation], other: list[Observation]) -> bool:
    return len(one) == len(other) and all(
        (a.stamp_ns, a.dt_s, a.ages_s) == (b.stamp_ns, b.dt_s, b.ages_s)
        and all(np.array_equal(a.values[key], b.values[key]) for key in a.values)
        for a, b in zip(one, other, strict=True)
    )


# --- the seed


def test_the_same_seed_gives_the_same_flight_bit_for_bit(world):
    settings = conditioned(conditioned(DEFAULT, "jitter"), "blackout")
    flight, seen = fly_expert(world, SEED, settings)
    fly_expert(world, SEED + 1, conditioned(DEFAULT, "everything"))
    other = World()
    for again in (world, other):
        repeated, seen_again = fly_expert(again, SEED, settings)
        assert same_observations(seen, seen_again)
        assert np.array_equal(flight.commands, repeated.commands)
        assert np.array_equal(flight.positions_m, repeated.positions_m)
        assert flight.verdict == repeated.verdict
    other.close()


def test_different_seeds_give_different_surroundings(world):
    images, starts = set(), set()
    for seed in range(SEED, SEED + 8):
        (first,) = frames_of(world, DEFAULT, 1, seed)
        images.add(first.value.image.tobytes())
        starts.add((world.layout.start_yaw_rad, *world.layout.start_position_m))
    assert len(images) == len(starts) == 8


def test_an_episode_is_drawn_from_settings_and_seed_alone():
    assert draw_episode(DEFAULT, SEED) == draw_episode(DEFAULT, SEED)
    assert draw_episode(DEFAULT, SEED) != draw_episode(DEFAULT, SEED + 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"scenery": {"pines": {"name": "trees"}}},
        {"scenery": {"rocks": None}},
        {"sensors": {"odometry": {}}},
        {"wind": {"mean_m_s": [9.0, 9.0]}},
    ],
    ids=["more trees", "no rocks", "another sensor", "wind"],
)
def test_a_part_more_or_less_changes_nothing_that_the_others_draw(changes):
    before = draw_episode(DEFAULT, SEED)
    after = draw_episode(world_of(changes=changes), SEED)
    shared = before.drawn.keys() & after.drawn.keys()
    assert len(shared) >= 5 and after.layout == before.layout
    assert all(after.drawn[key] == before.drawn[key] for key in shared)


def test_another_sensor_leaves_the_measurements_of_the_others_as_they_are(world):
    def imu(settings):
        return [e.value for e in events_of(world, settings, 0.5) if e.source == "imu"]

    more = field(sensors={"odometry": {}, "imu": {"gyro_bias_rad_s": 0.1}})
    fewer = field(sensors={"image": None, "imu": {"gyro_bias_rad_s": 0.1}})
    assert imu(more) == imu(fewer)


# --- the model


def test_a_condition_needs_no_other_model_and_another_sensor_does(world):
    world.reset(SEED, DEFAULT)
    model = world.model
    world.reset(SEED, conditioned(DEFAULT, "everything"))
    assert world.model is model
    world.reset(SEED, world_of(changes={"sensors": {"odometry": {}}}))
    assert world.model is not model


def test_a_flight_after_another_world_is_the_same_as_before_it(world):
    first, _ = fly_expert(world, SEED)
    light = {"mass": [0.7, 0.7], "thrust": [1.2, 1.2], "motor_lag_s": [0.06, 0.06]}
    fly_expert(world, SEED, world_of(changes={"vehicle": light}))
    again, _ = fly_expert(world, SEED)
    assert np.array_equal(first.positions_m, again.positions_m)


def test_a_world_in_which_no_flight_has_begun_says_so():
    with pytest.raises(NoFlightError, match="reset"):
        _ = World(field(sensors={"image": None})).layout


# --- the flight


def test_the_expert_reaches_the_target_on_ten_seeds_without_a_collision(world):
    verdicts = [fly_expert(world, seed)[0].verdict for seed in range(SEED, SEED + 10)]
    assert [verdict.outcome for verdict in verdicts] == [Outcome.SUCCESS] * 10
    assert max(verdict.time_s for verdict in verdicts) <= 20.0


def test_a_flight_has_one_row_a_step_and_ends_where_the_referee_says(world):
    flight, seen = fly_expert(world, SEED)
    assert len(flight.stamps_ns) == len(flight.commands) == len(flight.positions_m) == len(seen)
    assert flight.stamps_ns.tolist() == [observation.stamp_ns for observation in seen]
    assert flight.verdict == world.verdict
    assert flight.markers["chair"] == target_of(flight.layout)[:2]
    assert len(flight.obstacles_m) == len(world.obstacles_m) > 5


def test_a_pilot_without_frames_brakes_to_rest_though_nothing_arrives(world):
    silent = field(sensors={"image": {"rate_hz": [0.1, 0.1]}}, task={"time_limit_s": 3.0})
    flight = fly(world, Pilot(Forward(world_card(silent))), SEED, silent)
    assert flight.commands[0, 0] > 0.0
    assert not flight.commands[-1].any()
    assert abs(world.truth().velocity_m_s[0]) < 0.1


class Forward:
    """Flies forward whatever it sees."""

    def __init__(self, card) -> None:
        self.card = card

    def reset(self) -> None:
        pass

    def step(self, observation: Observation):
        return velocity(forward_m_s=1.0)


def collide(world: World, settings: WorldSettings, command) -> str:
    world.reset(SEED, settings)
    while world.verdict is None:
        world.advance(command(world))
    assert world.verdict.outcome is Outcome.COLLISION
    return world.verdict.touched


def towards(target_m):
    """Return commands to a point at the vehicle's height."""

    def command(world):
        truth = world.truth()
        view = look_at(truth, target_m(world))
        down = target_m(world)[2] - truth.position_m[2]
        return velocity(1.5 * math.cos(view.bearing_rad) ** 4, 0.0, down, view.bearing_rad)

    return command


def test_flying_into_the_target_is_a_collision_with_it(world):
    near = field(task={"target_distance_m": [4.0, 4.0]})
    assert collide(world, near, towards(lambda w: target_of(w.layout))) == "chair"


def test_flying_into_a_tree_or_the_ground_is_a_collision_that_names_it(world):
    wooded = field(scenery={"trees": {"count": [6, 6]}}, task={"time_limit_s": 90.0})
    assert collide(world, wooded, lambda _: velocity(up_m_s=-0.5)) == "ground"
    tree = collide(world, wooded, towards(lambda w: (*w.obstacles_m[3][:2], 1.5)))
    assert tree.startswith("tree_")


def test_a_world_whose_flight_has_ended_delivers_nothing_more(world):
    late = {"image": {"rate_hz": [40.0, 40.0], "delay_s": [0.1, 0.1]}}
    world.reset(SEED, field(sensors=late, task={"time_limit_s": 0.5}))
    while world.verdict is None:
        world.advance(STOP)
    world.events()
    verdict = world.verdict
    assert verdict.outcome is Outcome.TIMEOUT and verdict.time_s == 0.5
    for _ in range(30):
        world.advance(STOP)
        assert world.events() == []
    assert world.verdict is verdict and world.now_ns == 500 * MS


def test_the_simulators_clock_counts_nanoseconds_from_the_reset(world):
    frames = frames_of(world, field(), 2)
    assert frames[0].now_ns == 0
    assert world.now_ns == frames[-1].now_ns == 500 * MS
    assert world.truth().time_s * NANOSECONDS == world.now_ns


def test_events_come_in_order_and_an_undelayed_sample_before_the_frame_of_its_moment(world):
    events = events_of(world, field(), 1.1)
    assert [e.now_ns for e in events] == sorted(e.now_ns for e in events)
    for frame in [e for e in events if e.source == "image"]:
        before: Event = events[events.index(frame) - 1]
        assert (before.source, before.value.stamp_ns) == ("imu", frame.value.stamp_ns)


# --- the order


GOAL_TASK = '''
from liquid_control.contract import Goal, goal_input
from liquid_control_sim.tasks import Outcome, Verdict
from liquid_control_sim.tasks.fly_to_target import FlyToTarget


class Wavering(FlyToTarget, frozen=True):
    """Orders another colour when the first part is done."""

    def goal(self, layout, done):
        return Goal("chair", ("red", "blue")[done])

    def vocabulary(self):
        return goal_input(("chair",), ("red", "blue"))

    def referee(self, layout):
        return Clockwork()


class Clockwork:
    """The first part is done after a second, whatever happens."""

    done = 0

    def judge(self, truth, touched):
        self.done = int(truth.time_s > 0.999)
        return Verdict(Outcome.TIMEOUT, truth.time_s) if truth.time_s > 2.5 else None
'''


def test_an_order_is_delivered_at_the_start_and_when_a_part_is_done(world, tmp_path):
    file = tmp_path / "wavering.py"
    file.write_text(GOAL_TASK)
    settings = world_of(f"{file}:Wavering", {"wind": None})
    events = events_of(world, settings, 2.0)
    orders = [(e.now_ns // MS, e.value.colour) for e in events if e.source == "goal"]
    assert orders == [(0, "red"), (1000, "blue")]
    assert events[0].source == "goal"
    assert world_card(settings).inputs["goal"].size == 4


def test_the_pilot_sees_the_order(world, tmp_path):
    file = tmp_path / "wavering.py"
    file.write_text(GOAL_TASK)
    _, seen = fly_expert(world, SEED, world_of(f"{file}:Wavering"))
    assert seen[0].values["goal"].tolist() == [1.0, 1.0, 0.0, 1.0]
    assert seen[-1].values["goal"].tolist() == [1.0, 0.0, 1.0, 1.0]
