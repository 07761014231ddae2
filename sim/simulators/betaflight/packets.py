"""The datagrams of Betaflight's SITL: states and sticks to it, motors from it; little-endian.

Layouts: ``fdm_packet``, ``rc_packet`` and ``servo_packet`` of its ``target.h``. What that file
calls NED is not always: the firmware wants body rates and attitude as FRD, the accelerometer's
reading as FLU with the sign turned.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from liquid_control.errors import LiquidControlError

from ...vehicles import Vector

STATE = struct.Struct("<d3d3d4d3d3dd")
STICKS = struct.Struct("<d16H")
MOTORS = struct.Struct("<4f")
STANDING = struct.Struct("<q")
SEA_LEVEL_PA = 101_325.0
MIDDLE_US = 1500


class PacketError(LiquidControlError):
    """A datagram that the firmware does not send."""


@dataclass(frozen=True)
class State:
    """What the firmware is told of the vehicle.

    Attributes:
        rates_rad_s: about forward, left, up.
        force_m_s2: specific force along forward, left, up: (0, 0, 9.81) at rest.
        quaternion: body FLU to world ENU, (w, x, y, z).
        velocity_m_s: world ENU.
        position_m: world ENU.
    """

    rates_rad_s: Vector
    force_m_s2: Vector
    quaternion: tuple[float, float, float, float]
    velocity_m_s: Vector
    position_m: Vector


def state_packet(stamp_s: float, state: State) -> bytes:
    """Return the datagram of a state."""
    p, q, r = state.rates_rad_s
    x, y, z = state.force_m_s2
    w, i, j, k = state.quaternion
    return STATE.pack(
        stamp_s,
        *(p, -q, -r),
        *(-x, -y, -z),
        *(w, i, -j, -k),
        *state.velocity_m_s,
        *state.position_m,
        SEA_LEVEL_PA,
    )


def sticks_packet(stamp_s: float, channels_us: Sequence[int]) -> bytes:
    """Return the datagram of up to 16 channels; the others stand in the middle."""
    rest = [MIDDLE_US] * (16 - len(channels_us))
    return STICKS.pack(stamp_s, *channels_us, *rest)


def motors_of(packet: bytes) -> tuple[float, float, float, float]:
    """Return the speeds that motors are told, 0 to 1, counter-clockwise from the front left.

    The firmware sends its motors 2, 3, 4, 1: front right, rear left, front left, rear right.

    Raises:
        PacketError: the datagram has another length.
    """
    if len(packet) != MOTORS.size:
        raise PacketError(
            f"expected {MOTORS.size} bytes of four motors, found {len(packet)}; "
            "is another program sending to this port?"
        )
    front_right, rear_left, front_left, rear_right = MOTORS.unpack(packet)
    return front_left, rear_left, rear_right, front_right


def standing_ns(packet: bytes) -> int | None:
    """Return the time at which the firmware says that it stands; None for another datagram."""
    return int(STANDING.unpack(packet)[0]) if len(packet) == STANDING.size else None
