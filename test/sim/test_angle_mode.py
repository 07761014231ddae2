"""The sticks of an angle mode give the thrust that a velocity asks for."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquid_control_sim.simulators.betaflight.angle_mode import (
    GRAVITY_M_S2,
    Sticks,
    Tuning,
    VelocitySticks,
    channels_us,
    sticks_of,
)

from liquid_control.contract import Command

TUNING = Tuning(hover_throttle=0.55)
GENTLE = st.floats(-3.0, 3.0)
ANY = st.floats(-1e6, 1e6)


def acceleration_of(sticks: Sticks, tuning: Tuning) -> tuple[float, float, float]:
    """What a vehicle does that leans as told, pitch first, its thrust the square of its motors."""
    pitch = math.radians(tuning.max_angle_deg * sticks.pitch)
    roll = math.radians(tuning.max_angle_deg * sticks.roll)
    speed = tuning.idle + (1 - tuning.idle) * sticks.throttle
    hovering = tuning.idle + (1 - tuning.idle) * tuning.hover_throttle
    thrust = GRAVITY_M_S2 * (speed / hovering) ** 2
    level = thrust * math.cos(roll)
    return (
        level * math.sin(pitch),
        -thrust * math.sin(roll),
        level * math.cos(pitch) - GRAVITY_M_S2,
    )


@given(st.tuples(GENTLE, GENTLE, GENTLE))
def test_the_vehicle_that_the_sticks_lean_accelerates_as_asked(wanted):
    assert acceleration_of(sticks_of(wanted, 0.0, TUNING), TUNING) == pytest.approx(
        wanted, abs=1e-6
    )


@given(st.tuples(ANY, ANY, ANY), ANY)
def test_no_stick_ever_leaves_its_way(acceleration, yaw_rate):
    sticks = sticks_of(acceleration, yaw_rate, TUNING)
    assert max(abs(sticks.roll), abs(sticks.pitch), abs(sticks.yaw)) <= 1
    assert 0 <= sticks.throttle <= 1
    assert all(1000 <= us <= 2000 for us in channels_us(sticks, 1050))


def test_a_turn_to_the_left_is_a_stick_to_the_left():
    left = sticks_of((0, 0, 0), math.radians(TUNING.max_yaw_rate_deg_s / 2), TUNING)
    assert left.yaw == pytest.approx(-0.5)
    assert channels_us(left, 1050)[3] == 1250


@given(st.tuples(GENTLE, GENTLE, GENTLE))
def test_who_flies_as_asked_hovers_with_the_sticks_in_the_middle(velocity):
    sticks = VelocitySticks(TUNING).sticks(Command((*velocity, 0.0)), velocity, 0.005)
    assert channels_us(sticks, 1050) == (1500, 1500, 1050 + round(950 * 0.55), 1500)


def test_a_wind_that_goes_on_is_leant_against_and_a_new_flight_forgets_it():
    loop, calm = VelocitySticks(TUNING), Command((0.0, 0.0, 0.0, 0.0))
    first = loop.sticks(calm, (-0.2, 0.0, 0.0), 0.005)
    later = [loop.sticks(calm, (-0.2, 0.0, 0.0), 0.005) for _ in range(400)][-1]
    assert later.pitch > first.pitch > 0
    loop.reset()
    assert loop.sticks(calm, (-0.2, 0.0, 0.0), 0.005) == first
