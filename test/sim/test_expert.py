"""The expert asks of its imitator only what a camera can tell."""

import math

from hypothesis import given
from hypothesis import strategies as st
from liquid_control_sim.expert import Expert
from liquid_control_sim.tasks.fly_to_target import VehicleState

from liquid_control.contract import CommandLimits

TARGET_M = (0.0, 0.0, 0.45)
heights = st.floats(0.3, 4.0)
yaws = st.floats(-math.pi, math.pi)


def hovering(x_m, y_m, z_m, yaw_rad):
    return VehicleState(0.0, (x_m, y_m, z_m), (0.0, 0.0, 0.0), yaw_rad)


@given(z=heights, away=st.floats(-2.0, 2.0))
def test_without_the_target_in_view_it_only_turns_whatever_its_height(z, away):
    command = Expert().command(hovering(-5.0, 0.0, z, math.pi + away / 2), TARGET_M)
    assert command.as_tuple()[:3] == (0.0, 0.0, 0.0)
    assert command.yaw_rate_rad_s != 0.0


@given(side=st.sampled_from([-1.0, 1.0]), bearing=st.floats(0.1, 0.6))
def test_it_searches_towards_where_the_target_was_last_seen(side, bearing):
    expert = Expert()
    expert.command(hovering(-5.0, 0.0, 1.0, -side * bearing), TARGET_M)
    lost = expert.command(hovering(-5.0, 0.0, 1.0, math.pi), TARGET_M)
    assert math.copysign(1.0, lost.yaw_rate_rad_s) == side


def test_with_the_target_ahead_it_approaches_from_afar_and_retreats_from_too_near():
    expert = Expert()
    assert expert.command(hovering(-5.0, 0.0, 1.0, 0.0), TARGET_M).forward_m_s > 0
    assert expert.command(hovering(-1.0, 0.0, 1.0, 0.0), TARGET_M).forward_m_s < 0


@given(z=heights)
def test_with_the_target_in_view_it_goes_to_its_hover_height(z):
    expert = Expert()
    up_m_s = expert.command(hovering(-5.0, 0.0, z, 0.0), TARGET_M).up_m_s
    rise_m = expert.settings.hover_height_m - z
    assert abs(rise_m) < 0.01 or up_m_s * rise_m > 0


@given(x=st.floats(-30.0, 30.0), y=st.floats(-30.0, 30.0), z=heights, yaw=yaws)
def test_its_commands_keep_the_limits(x, y, z, yaw):
    command = Expert().command(hovering(x, y, z, yaw), TARGET_M).as_tuple()
    limits = CommandLimits().as_tuple()
    assert all(abs(value) <= limit for value, limit in zip(command, limits, strict=True))
