"""The expert asks of its imitator only what a camera can tell."""

import math

from hypothesis import given
from hypothesis import strategies as st
from liquid_control_sim.layout import Layout, Place
from liquid_control_sim.tasks.fly_to_target import FlyToTarget, FlyToTargetExpert
from liquid_control_sim.vehicles import Truth

from liquid_control.contract import VELOCITY, velocity_card

LAYOUT = Layout((0.0, 0.0, 1.0), 0.0, {"chair": Place(0.0, 0.0)}, "chair")
heights = st.floats(0.3, 4.0)
yaws = st.floats(-math.pi, math.pi)


def expert(card=VELOCITY) -> FlyToTargetExpert:
    one = FlyToTarget().expert(card)
    one.reset(LAYOUT)
    return one


def hovering(x_m, y_m, z_m, yaw_rad):
    return Truth(0.0, (x_m, y_m, z_m), (0.0, 0.0, 0.0), yaw_rad)


@given(z=heights, away=st.floats(-2.0, 2.0))
def test_without_the_target_in_view_it_only_turns_whatever_its_height(z, away):
    command = expert().command(hovering(-5.0, 0.0, z, math.pi + away / 2))
    assert command.values[:3] == (0.0, 0.0, 0.0)
    assert command.values[3] != 0.0


@given(side=st.sampled_from([-1.0, 1.0]), bearing=st.floats(0.1, 0.6))
def test_it_searches_towards_where_the_target_was_last_seen(side, bearing):
    one = expert()
    one.command(hovering(-5.0, 0.0, 1.0, -side * bearing))
    lost = one.command(hovering(-5.0, 0.0, 1.0, math.pi))
    assert math.copysign(1.0, lost.values[3]) == side


def test_with_the_target_ahead_it_approaches_from_afar_and_retreats_from_too_near():
    one = expert()
    assert one.command(hovering(-5.0, 0.0, 1.0, 0.0)).values[0] > 0
    assert one.command(hovering(-1.0, 0.0, 1.0, 0.0)).values[0] < 0


@given(z=heights)
def test_with_the_target_in_view_it_goes_to_its_hover_height(z):
    one = expert()
    up_m_s = one.command(hovering(-5.0, 0.0, z, 0.0)).values[2]
    rise_m = one.settings.hover_height_m - z
    assert abs(rise_m) < 0.01 or up_m_s * rise_m > 0


@given(x=st.floats(-30.0, 30.0), y=st.floats(-30.0, 30.0), z=heights, yaw=yaws)
def test_its_commands_keep_the_limits(x, y, z, yaw):
    narrow = velocity_card(1.0, 0.2, 0.1, 0.5)
    for value, field in zip(
        expert(narrow).command(hovering(x, y, z, yaw)).values, narrow.fields, strict=True
    ):
        assert field.low <= value <= field.high


def test_a_flight_begins_with_nothing_remembered_of_the_last():
    one = expert()
    one.command(hovering(-5.0, 0.0, 1.0, 0.5))
    one.reset(LAYOUT)
    assert one.command(hovering(-5.0, 0.0, 1.0, math.pi)).values[3] > 0
