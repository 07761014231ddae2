"""Limits and timeouts belong to the operator: a card can tighten them, never loosen them."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liquid_control.contract import NANOSECONDS, VELOCITY, Command, CommandCard, CommandField
from liquid_control.contract.command import replace_limits, velocity_card
from liquid_control.errors import ConfigError
from liquid_control.safety.gate import Gate, Mode, advance
from liquid_control.safety.limits import OPERATOR_RATE, OPERATOR_TOP, Limits
from liquid_control.safety.settings import LEAST, MOST, SafetySettings

SETTINGS = SafetySettings()
STEP_NS = NANOSECONDS // 20
NAMES = [field.name for field in VELOCITY.fields]
tops = st.dictionaries(st.sampled_from(NAMES), st.floats(0.0, 10.0))
cards = st.builds(velocity_card, *[st.floats(0.0, 60.0)] * 4)


def published(limits: Limits, command: Command, steps: int = 200) -> tuple[float, ...]:
    """Return what is published in the end, and check that it is flown at all."""
    gate = Gate()
    for i in range(steps):
        gate = advance(gate, command, i * STEP_NS, limits, SETTINGS)
        assert gate.mode is Mode.ACTIVE
    return gate.command.values


def test_a_card_with_50_m_s_flies_at_most_what_the_operator_allows():
    fast = replace_limits(VELOCITY, dict.fromkeys(NAMES, 50.0))
    values = published(Limits.of(fast), Command((50.0, 0.0, 0.0, 0.0)))
    assert values == pytest.approx((OPERATOR_TOP["forward_m_s"], 0.0, 0.0, 0.0))
    values = published(Limits.of(fast, {"forward_m_s": 0.7}), Command((50.0, 0.0, 0.0, 0.0)))
    assert values == pytest.approx((0.7, 0.0, 0.0, 0.0))


def test_a_card_that_changes_in_no_time_changes_at_most_as_the_operator_allows():
    card = velocity_card(acceleration_m_s2=1e6, yaw_acceleration_rad_s2=1e6)
    assert Limits.of(card).rates == tuple(OPERATOR_RATE[name] for name in NAMES)
    assert Limits.of(card, rates={"up_m_s": 0.5}).rates[2] == 0.5


@given(card=cards, given_tops=tops)
def test_every_limit_is_the_smaller_of_card_and_operator(card, given_tops):
    limits = Limits.of(card, given_tops)
    for field, low, high in zip(card.fields, limits.lows, limits.highs, strict=True):
        allowed = given_tops.get(field.name, OPERATOR_TOP[field.name])
        assert (low, high) == (-min(field.high, allowed), min(field.high, allowed))


@given(values=st.tuples(*[st.floats(-1.0, 1.0)] * 4), given_tops=tops)
def test_a_command_is_shortened_to_the_operators_limits_in_its_direction(values, given_tops):
    given_tops = {name: top for name, top in given_tops.items() if top > 0.01}
    limits = Limits.of(VELOCITY, given_tops)
    flown = limits.shrink(Command(values)).values
    longest = max(values, key=abs)
    share = flown[values.index(longest)] / longest if longest else 1.0
    assert 0.0 < share <= 1.0
    assert flown == pytest.approx([share * value for value in values], abs=1e-9)
    for value, low, high in zip(flown, limits.lows, limits.highs, strict=True):
        assert low - 1e-9 <= value <= high + 1e-9


def test_what_is_published_beyond_the_operators_limits_keeps_its_direction():
    limits = Limits.of(VELOCITY, {"forward_m_s": 0.5})
    assert published(limits, Command((2.0, 1.0, -0.4, 0.8))) == pytest.approx(
        (0.5, 0.25, -0.1, 0.2)
    )


def test_a_command_inside_the_operators_limits_is_left_as_it_is():
    command = Command((0.1, -0.2, 0.3, 0.4))
    assert Limits.of(VELOCITY).shrink(command) == command


def test_a_motion_that_the_operator_forbids_does_not_keep_the_others_from_being_flown():
    limits = Limits.of(VELOCITY, {"left_m_s": 0.0})
    assert published(limits, Command((0.5, 0.3, -0.2, 0.1))) == (0.5, 0.0, -0.2, 0.1)


def test_limits_are_measured_from_rest():
    field = CommandField("throttle", -1.0, 1.0, 1.0, rest=0.5)
    limits = Limits.of(CommandCard("throttle", (field,)), {"throttle": 0.2})
    assert limits.lows == (0.3,) and limits.highs == (0.7,)


@pytest.mark.parametrize("value", [math.nan, math.inf, -0.1, "fast", None])
def test_an_operators_limit_that_is_no_number_or_negative_is_refused(value):
    for what in ("tops", "rates"):
        with pytest.raises(ConfigError, match="forward_m_s: expected a finite number") as caught:
            Limits.of(VELOCITY, **{what: {"forward_m_s": value}})
        assert str(value) in str(caught.value) and "\n" not in str(caught.value)


def test_a_rate_of_zero_is_refused_since_nothing_could_brake():
    with pytest.raises(ConfigError, match=r"rates.up_m_s: .* more than 0, found 0"):
        Limits.of(VELOCITY, rates={"up_m_s": 0.0})


def test_a_limit_of_a_field_that_the_policy_does_not_command_is_refused_with_what_there_is():
    with pytest.raises(ConfigError, match=r"limits.speed: .* it has forward_m_s, left_m_s"):
        Limits.of(VELOCITY, {"speed": 1.0})


def test_a_card_without_an_end_is_refused_where_the_operator_says_nothing_either():
    card = CommandCard("torque", (CommandField("torque_nm", -math.inf, math.inf, 1.0),))
    with pytest.raises(ConfigError, match="finite"):
        Limits.of(card)
    assert Limits.of(card, {"torque_nm": 2.0}).highs == (2.0,)


# --- timeouts


@pytest.mark.parametrize("name", [field.name for field in fields(SafetySettings)])
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1.0, 1e9, "1", None])
def test_a_timeout_that_is_no_number_or_out_of_its_range_is_refused_by_name(name, value):
    with pytest.raises(ConfigError, match=rf"{name}: expected more than 0 and at most") as caught:
        SafetySettings(**{name: value})
    assert str(value) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("field", fields(SafetySettings), ids=lambda field: field.name)
def test_only_a_timeout_that_may_be_never_can_be_0(field):
    if field.metadata[LEAST] == 0.0:
        assert getattr(SafetySettings(**{field.name: 0.0}), field.name) == 0.0
    else:
        with pytest.raises(ConfigError, match=rf"{field.name}: expected more than 0"):
            SafetySettings(**{field.name: 0.0})


@pytest.mark.parametrize("field", fields(SafetySettings), ids=lambda field: field.name)
def test_the_default_of_every_timeout_is_in_its_range(field):
    never = field.metadata[LEAST] == 0.0 and field.default == 0.0
    assert never or 0.0 < field.default < field.metadata[MOST] <= 60.0


def test_a_whole_number_of_seconds_is_taken():
    assert SafetySettings(camera_timeout_s=1).camera_timeout_s == 1


def test_a_frame_must_not_grow_stale_while_it_waits():
    with pytest.raises(ConfigError, match="wait_s: expected less than camera_timeout_s"):
        replace(SETTINGS, wait_s=0.5)


def test_no_camera_may_be_an_hour_old():
    with pytest.raises(ConfigError, match="camera_timeout_s"):
        SafetySettings(camera_timeout_s=3600.0)
