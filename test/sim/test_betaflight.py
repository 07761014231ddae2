"""A real firmware, Betaflight's SITL, flies the quadrotor in lockstep."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from liquid_control_sim.conditions import conditioned
from liquid_control_sim.flight import ExpertSteps, fly
from liquid_control_sim.settings import WorldSettings, from_data, to_data, world_card
from liquid_control_sim.simulators.betaflight import SETTINGS
from liquid_control_sim.simulators.betaflight.firmware import Firmware, FirmwareError, executable
from liquid_control_sim.simulators.betaflight.packets import (
    PacketError,
    State,
    motors_of,
    standing_ns,
    state_packet,
    sticks_packet,
)
from liquid_control_sim.tasks import Outcome
from liquid_control_sim.world import World
from worlds import DEFAULT, SEED, events_of, field

from liquid_control.contract import Command
from liquid_control.errors import ConfigError
from liquid_control.pipeline import Pilot

try:
    executable()
    MISSING = ""
except ConfigError as error:
    MISSING = str(error)
flown = pytest.mark.skipif(bool(MISSING), reason=MISSING)

STATE = State((0.1, 0.2, 0.3), (1.0, 2.0, 9.0), (0.5, 0.5, -0.5, 0.5), (4, 5, 6), (7, 8, 9))


def in_betaflight(settings: WorldSettings) -> WorldSettings:
    return conditioned(settings, "betaflight")


@pytest.fixture(scope="module")
def hovering():
    settings = in_betaflight(field(sensors={"image": None}))
    shared = World(settings)
    yield shared, settings
    shared.close()


# --- packets


def test_a_state_is_144_bytes_with_rates_and_attitude_as_frd():
    packet = state_packet(1.5, STATE)
    assert len(packet) == 144
    assert struct.unpack("<18d", packet) == (
        *(1.5, 0.1, -0.2, -0.3, -1.0, -2.0, -9.0),
        *(0.5, 0.5, 0.5, -0.5),
        *(4, 5, 6, 7, 8, 9, 101_325),
    )


@given(st.floats(0, 1e5), st.lists(st.integers(1000, 2000), max_size=16))
def test_sticks_are_sixteen_channels_of_which_the_untold_stand_in_the_middle(stamp_s, channels):
    stamp, *found = struct.unpack("<d16H", sticks_packet(stamp_s, channels))
    assert stamp == stamp_s
    assert found == channels + [1500] * (16 - len(channels))


def test_motors_come_in_the_order_of_the_model():
    assert motors_of(struct.pack("<4f", 0.0, 0.25, 0.5, 1.0)) == (0.5, 0.25, 1.0, 0.0)


@given(st.binary(max_size=64).filter(lambda b: len(b) != 16))
def test_a_datagram_of_another_length_is_an_error_of_one_line(packet):
    with pytest.raises(PacketError, match="expected 16 bytes") as caught:
        motors_of(packet)
    assert "\n" not in str(caught.value)


@given(st.integers(0, 2**62))
def test_the_firmware_says_when_it_stands(time_ns):
    assert standing_ns(struct.pack("<q", time_ns)) == time_ns
    assert standing_ns(bytes(16)) is None


# --- settings


def test_the_simulator_is_data():
    settings = in_betaflight(DEFAULT)
    assert to_data(settings)["simulator"]["name"] == "betaflight"
    assert from_data(to_data(settings)) == settings


def test_a_firmware_that_is_not_where_it_is_said_to_be_is_an_error_of_one_line(monkeypatch):
    monkeypatch.setenv("BETAFLIGHT_SITL", "/nowhere/sitl")
    with pytest.raises(ConfigError, match="found no file /nowhere/sitl") as caught:
        executable()
    assert "\n" not in str(caught.value)


# --- the firmware itself


@flown
def test_a_setting_that_the_firmware_does_not_know_is_refused():
    with pytest.raises(FirmwareError, match="does not take"):
        Firmware(["set no_such_thing = 1"])


@flown
@pytest.mark.parametrize("values", [(1.5, 0, 0, 0), (0, 1, 0, 0), (0, 0, 0.5, 0), (0, 0, 0, 0.6)])
def test_every_field_of_a_command_is_flown_through_its_sticks(hovering, values):
    world, settings = hovering
    events_of(world, settings, 3.0, Command(values))
    truth = world.truth()
    c, s = np.cos(truth.yaw_rad), np.sin(truth.yaw_rad)
    x, y, z = truth.velocity_m_s
    found = (c * x + s * y, c * y - s * x, z, truth.yaw_rate_rad_s)
    assert found == pytest.approx(values, abs=0.25)


@flown
def test_a_flight_is_the_same_to_the_bit_when_it_is_flown_again(hovering):
    world, settings = hovering
    positions = []
    for _ in range(2):
        events_of(world, settings, 1.5, Command((1.0, 0.5, 0.2, 0.4)))
        positions.append(world.truth().position_m)
    assert positions[0] == positions[1]


@flown
def test_two_firmwares_fly_beside_each_other():
    first, second = (Firmware(SETTINGS[:2]).start() for _ in range(2))
    assert first.offset != second.offset
    first.idle()
    second.idle()


@flown
def test_the_expert_reaches_the_target_on_the_firmwares_loops():
    settings = in_betaflight(DEFAULT)
    world = World(settings)
    flight = fly(world, Pilot(ExpertSteps(world, world_card(settings))), SEED, settings)
    world.close()
    assert flight.verdict.outcome is Outcome.SUCCESS
