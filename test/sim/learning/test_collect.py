"""Recording: what the pilot was given, the expert's word to it, and what may not happen."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquid_control_sim.learning.collect import (
    Lesson,
    Recipe,
    RecordingError,
    Tutored,
    collect,
    record,
)
from liquid_control_sim.learning.disturbance import Disturbance
from liquid_control_sim.learning.store import FlightLog
from liquid_control_sim.settings import to_data, world_card, world_of
from liquid_control_sim.world import World

from liquid_control.contract import VELOCITY, Observation, velocity, velocity_card
from liquid_control.policy import load_policy
from liquid_control.policy.golden import golden_values

SHORT = {"task": {"time_limit_s": 1.5}, "sensors": {"image": {"rate_hz": [10, 40], "jitter": 0.3}}}


@pytest.fixture(scope="module")
def settings():
    return world_of("fly_to_target", SHORT)


@pytest.fixture(scope="module")
def world(settings):
    made = World(settings)
    yield made
    made.close()


@pytest.fixture(scope="module")
def recipe(settings):
    return Recipe(to_data(settings), world_card(settings), 0.0)


class Stubborn:
    """A learner that only ever climbs."""

    def __init__(self, card):
        self.card = card
        self.observations = []

    def reset(self):
        self.observations = []

    def step(self, observation):
        self.observations.append(observation)
        return velocity(up_m_s=0.5)


class Failing(Stubborn):
    """A learner that raises."""

    def step(self, observation):
        raise ZeroDivisionError("no idea")


def test_a_recording_repeats_bit_for_bit_from_its_seed(world, recipe):
    disturbed = msgspec.structs.replace(recipe, disturbed_share=1.0)
    first, again = record(world, 5, disturbed), record(world, 5, disturbed)
    assert first.tobytes() == again.tobytes()
    assert len(first) > 10


def test_a_recording_holds_what_the_policy_was_given(world, recipe):
    learner = Stubborn(recipe.card)
    rows = record(world, 5, recipe, learner)
    assert len(rows) == len(learner.observations)
    for row, seen in zip(rows, learner.observations, strict=True):
        assert all((row[name] == seen.values[name]).all() for name in recipe.card.inputs)
        assert row["dt_s"] == np.float32(seen.dt_s)


def test_the_label_is_the_experts_for_where_the_learner_has_flown_itself(world, recipe):
    expert = world.settings.task.expert(recipe.card.command)
    labels = []

    class Watched(Stubborn):
        def reset(self):
            super().reset()
            expert.reset(world.layout)

        def step(self, observation):
            labels.append(expert.command(world.truth(), world.goal).values)
            return super().step(observation)

    rows = record(world, 5, recipe, Watched(recipe.card))
    assert np.allclose(rows["command"], labels, atol=1e-6)
    assert world.truth().position_m[2] > world.layout.start_position_m[2] + 0.2
    assert not np.allclose(rows["command"], velocity(up_m_s=0.5).values)


def test_a_disturbance_moves_the_vehicle_and_not_the_label(world, recipe):
    def flown(share):
        rows = record(world, 7, msgspec.structs.replace(recipe, disturbed_share=share))
        return rows["command"], world.truth().position_m

    (calm, there), (pushed, elsewhere) = flown(0.0), flown(1.0)
    assert np.linalg.norm(np.subtract(there, elsewhere)) > 0.05
    assert (calm[0] == pushed[0]).all()
    assert not np.allclose(calm[-1], pushed[-1])


def test_an_error_of_what_flies_ends_the_recording_in_one_line(world, recipe):
    with pytest.raises(RecordingError, match=r"^[^\n]*ZeroDivisionError: no idea$"):
        record(world, 5, recipe, Failing(recipe.card))


class Says:
    """An expert of one word."""

    def __init__(self, command):
        self._command = command

    def reset(self, layout):
        pass

    def command(self, truth, goal):
        return self._command


def test_an_expert_beyond_the_limits_is_brought_inside_them(world, recipe, monkeypatch):
    hasty = Says(velocity(forward_m_s=9.0, up_m_s=0.25))
    monkeypatch.setattr(type(world.settings.task), "expert", lambda self, command: hasty)
    rows = record(world, 5, recipe)
    assert np.unique(rows["command"], axis=0).tolist() == [[2.0, 0.0, 0.25, 0.0]]
    assert world.truth().position_m[2] > world.layout.start_position_m[2] + 0.05


def test_an_expert_that_says_no_number_is_refused(world, recipe, monkeypatch):
    lost = Says(velocity(float("nan")))
    monkeypatch.setattr(type(world.settings.task), "expert", lambda self, command: lost)
    with pytest.raises(RecordingError, match=r"flight 5: [^\n]*no number"):
        record(world, 5, recipe)


class Careful:
    """An expert that flies ahead, and is alarmed when it is told to be."""

    def __init__(self, card):
        self.card, self.alarmed = card, False

    def reset(self):
        pass

    def is_alarmed(self):
        return self.alarmed

    def recall(self):
        return ()

    def step(self, observation):
        return velocity(forward_m_s=0.5)


def test_an_alarmed_expert_flies_itself_for_a_while_and_then_hands_back(recipe):
    expert, learner = Careful(recipe.card), Stubborn(recipe.card)
    lesson = Tutored(expert, learner, None, FlightLog(recipe.card))
    lesson.reset()
    values = golden_values(0, 0, recipe.card.inputs)
    flown = []
    for ms in (0, 100, 200, 600, 890, 910):
        expert.alarmed = ms == 100
        flown.append(lesson.step(Observation(ms * 1_000_000, 0.1, values)))
    ahead, up = velocity(forward_m_s=0.5), velocity(up_m_s=0.5)
    assert flown == [up, ahead, ahead, ahead, ahead, up]
    assert np.unique(lesson.log.rows()["command"], axis=0).tolist() == [[0.5, 0.0, 0.0, 0.0]]
    assert len(learner.observations) == 6


def test_every_lesson_is_recorded_in_its_own_folder_and_every_seed_is_told(
    in_this_process, recipe, tmp_path
):
    short = {**recipe.world, "task": {**recipe.world["task"], "time_limit_s": 0.3}}
    brief = msgspec.structs.replace(recipe, world=short)
    lessons = [Lesson(recipe, [21], tmp_path / "a"), Lesson(brief, [22], tmp_path / "b")]
    assert sorted(collect(lessons)) == [21, 22]
    assert list(collect(lessons)) == [21, 22]
    long, short = (len(np.load(path)) for lesson in lessons for path in lesson.paths())
    assert short < 15 < long


def test_only_flights_that_are_missing_are_flown(in_this_process, recipe, tmp_path):
    (tmp_path / "11.npy").write_bytes(b"kept")
    assert sorted(collect([Lesson(recipe, [11, 12], tmp_path)])) == [11, 12]
    assert (tmp_path / "11.npy").read_bytes() == b"kept"
    assert (tmp_path / "12.npy").stat().st_size > 10_000


def test_a_learner_flies_from_its_file_in_another_process(recipe, tmp_path, tiny_policy_path):
    learner = load_policy(tiny_policy_path)
    recipe = msgspec.structs.replace(recipe, card=learner.card)
    assert list(collect([Lesson(recipe, [13], tmp_path)], tiny_policy_path)) == [13]
    settings = world_of("fly_to_target", SHORT)
    world = World(settings)
    assert record(world, 13, recipe, learner).tobytes() in (tmp_path / "13.npy").read_bytes()
    world.close()


def test_the_digest_knows_the_content_of_ones_own_files(settings, tmp_path):
    own = tmp_path / "task.py"
    own.write_text("")
    data = {**to_data(settings), "task": {"name": f"{own}:Mine"}}
    before = Recipe(data, world_card(settings), 0.5).digest()
    own.write_text("# another task")
    assert Recipe(data, world_card(settings), 0.5).digest() != before


@given(seed=st.integers(0, 10_000))
def test_a_disturbance_keeps_the_limits_and_leaves_the_expert_alone_at_first(seed):
    push = Disturbance(VELOCITY, np.random.default_rng(seed))
    rest = VELOCITY.rest
    assert push(rest, 0) == rest
    flown = [push(rest, t * 50_000_000).values for t in range(200)]
    for values in flown:
        assert all(f.low <= v <= f.high for v, f in zip(values, VELOCITY.fields, strict=True))
    assert any(values != rest.values for values in flown)


def test_a_field_without_motion_is_never_pushed():
    card = velocity_card(left_m_s=0.0, up_m_s=0.0)
    push = Disturbance(card, np.random.default_rng(0))
    flown = np.array([push(card.rest, t * 50_000_000).values for t in range(200)])
    assert (flown[:, 1:3] == 0).all()
    assert flown[:, 0].any()
    assert flown[:, 3].any()
