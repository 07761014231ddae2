"""What is written down is typed, strict, and refused in one line that says what to change."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from liquid_control.contract import (
    STOP,
    VELOCITY,
    Command,
    CommandCard,
    CommandField,
    Goal,
    PolicyCard,
    Positive,
    Range,
    Record,
    Timing,
    goal_input,
    image_input,
    imu_input,
    odometry_input,
    read,
    vector_input,
    velocity,
    velocity_card,
)
from liquid_control.contract.command import replace_limits
from liquid_control.contract.goals import from_words, to_words
from liquid_control.errors import ConfigError


class Part(Record, frozen=True):
    size_m: Range = (0.5, 1.0)
    steps: int = 3


class Whole(Record, frozen=True):
    rate: Positive
    part: Part = Part()
    parts: dict[str, Part] = msgspec.field(default_factory=dict)
    name: str = ""


# --- reading plain data


def test_plain_data_becomes_a_record_with_its_defaults():
    found = read({"rate": 2, "part": {"size_m": [0.1, 0.2]}}, Whole, "world.yaml")
    assert found == Whole(2.0, Part((0.1, 0.2)))


def test_a_number_that_yaml_reads_as_text_is_taken_as_a_number():
    assert read({"rate": "1e-3", "part": {"steps": "4"}}, Whole, "here") == Whole(
        1e-3, Part(steps=4)
    )


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"rate": 1.0, "colour": "red"}, "unknown field `colour`"),
        ({}, "missing required field `rate`"),
        ({"rate": 0.0}, "`float` > 0.0 - at `$.rate`"),
        ({"rate": "fast"}, "got `str` - at `$.rate`"),
        ({"rate": 1.0, "part": {"steps": 2.5}}, "`$.part.steps`"),
        ({"rate": math.inf}, "expected a finite number, found inf - at `$.rate`"),
        ({"rate": 1.0, "part": {"size_m": [0.0, math.nan]}}, "found nan - at `$.part.size_m[1]`"),
        ({"rate": 1.0, "part": {"size_m": [2.0, 1.0]}}, "found [2, 1] - at `$.part.size_m`; swap"),
        ({"rate": 1.0, "parts": {"a": {"size_m": [2, 1]}}}, "at `$.parts.a.size_m`"),
        ({"rate": 1.0, "part": {"size_m": [1.0]}}, "`$.part.size_m`"),
        ([1.0], "Expected `object`"),
        (None, "Expected `object`"),
    ],
)
def test_data_that_does_not_fit_is_refused_with_its_place(data, words):
    with pytest.raises(ConfigError) as caught:
        read(data, Whole, "world.yaml")
    message = str(caught.value)
    assert message.startswith("world.yaml: ") and words in message and "\n" not in message


# --- commands


def test_a_velocity_is_forward_left_up_and_yaw_rate():
    assert velocity(1.0, up_m_s=0.5) == Command((1.0, 0.0, 0.5, 0.0))
    assert [field.name for field in VELOCITY.fields] == [
        *("forward_m_s", "left_m_s", "up_m_s"),
        "yaw_rate_rad_s",
    ]
    assert VELOCITY.rest == STOP == velocity()


@given(values=st.tuples(*[st.floats(-100, 100)] * 4))
def test_clip_brings_every_value_inside_its_limits_and_leaves_the_rest(values):
    clipped = VELOCITY.clip(values)
    for value, found, field in zip(values, clipped.values, VELOCITY.fields, strict=True):
        assert found == min(field.high, max(field.low, value))


def test_a_command_of_any_sequence_has_plain_numbers_and_the_cards_kind():
    found = velocity_card(0.0).command(np.float32([0, 0.5, 0, 1]))
    assert found == Command((0.0, 0.5, 0.0, 1.0), "velocity")
    assert all(type(value) is float for value in found.values)


def test_a_field_without_motion_has_no_scale_and_one_with_has_its_distance_from_rest():
    assert velocity_card(left_m_s=0.0).fields[1].scale == 0.0
    assert CommandField("throttle", 0.0, 1.0, 1.0, rest=0.3).scale == 0.7


def test_limits_can_be_replaced_by_name_around_rest():
    card = replace_limits(VELOCITY, {"up_m_s": 0.2})
    assert (card.fields[2].low, card.fields[2].high) == (-0.2, 0.2)
    assert card.fields[:2] == VELOCITY.fields[:2]


@pytest.mark.parametrize(
    "make",
    [
        lambda: CommandField("x", 1.0, 2.0, 1.0),
        lambda: CommandField("x", -1.0, math.nan, 1.0),
        lambda: CommandCard("velocity", ()),
        lambda: CommandCard("velocity", (VELOCITY.fields[0],) * 2),
    ],
    ids=["rest outside", "nan", "no fields", "same name twice"],
)
def test_a_command_card_that_contradicts_itself_is_refused(make):
    with pytest.raises(ValueError, match="expected"):
        make()


# --- inputs and the card


def test_the_size_of_every_input_is_that_of_its_fields():
    assert image_input(64, 96).size == 64 * 96 * 3
    assert imu_input().size == 6 and odometry_input().size == 5
    assert vector_input(("near_m", "far_m")).size == 2
    assert goal_input(("chair",), ("red", "blue"), ("approach", "pass")).size == 5


@pytest.mark.parametrize("name", ["dt", "hidden", "tick"])
def test_an_input_cannot_have_a_name_that_the_graph_needs(name):
    with pytest.raises(ValueError, match=f"{name} cannot be the name of an input"):
        PolicyCard("x", {name: imu_input()}, VELOCITY, hidden_size=1, clock=name)


def test_the_clock_is_one_of_the_inputs():
    with pytest.raises(ValueError, match="clock among the inputs, found 'image'"):
        PolicyCard("x", {"imu": imu_input()}, VELOCITY, hidden_size=1)


@pytest.mark.parametrize("change", [{"min_dt_s": 0.1}, {"max_dt_s": 0.01}, {"reset_after_s": 0.3}])
def test_a_timing_that_contradicts_itself_is_refused(change):
    with pytest.raises(ValueError, match="min_dt_s <= nominal_dt_s <= max_dt_s < reset_after_s"):
        Timing(**change)


@given(nominal_dt_s=st.floats(1e-3, 10.0))
def test_the_timing_around_a_rate_is_from_half_to_double_the_step(nominal_dt_s):
    timing = Timing.around(nominal_dt_s)
    assert timing.min_dt_s == nominal_dt_s / 2 and timing.max_dt_s == nominal_dt_s * 2
    assert timing.reset_after_s > timing.max_dt_s


# --- goals as words

words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=12)


@given(goal=st.builds(Goal, words, words, words))
def test_a_goal_is_read_back_from_its_words(goal):
    assert from_words(to_words(goal)) == goal


@pytest.mark.parametrize(
    ("text", "goal"),
    [
        ("blue barrel", Goal("barrel", "blue")),
        ("follow red chair", Goal("chair", "red", "follow")),
        ("  pass  'light blue'  'oil drum' ", Goal("oil drum", "light blue", "pass")),
    ],
)
def test_a_person_writes_manner_colour_and_kind(text, goal):
    assert from_words(text) == goal


@pytest.mark.parametrize("text", ["", "chair", "go to the chair", "'red chair"])
def test_other_words_are_no_goal_and_the_message_shows_one(text):
    with pytest.raises(ConfigError, match="such as 'approach blue barrel'") as caught:
        from_words(text)
    assert text in str(caught.value) and "\n" not in str(caught.value)
