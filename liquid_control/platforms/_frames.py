"""The frames of autopilots: pure functions, metres, radians and seconds.

Body FLU is forward, left, up of the heading: level, however the vehicle leans. World ENU is
east, north, up (REP 103), its yaw counter-clockwise from east. World NED is north, east, down,
its yaw clockwise from north. Body FRD is forward, right, down.
"""

from __future__ import annotations

import math

Vector = tuple[float, float, float]
Quaternion = tuple[float, float, float, float]

UNIT_TOLERANCE = 0.05
"""How far from 1 the length of a quaternion may be that says something."""


def flu_to_enu(body: Vector, yaw_rad: float) -> Vector:
    """Return a vector of the heading in the world; ``yaw_rad`` is counter-clockwise from east."""
    forward, left, up = body
    c, s = math.cos(yaw_rad), math.sin(yaw_rad)
    return (c * forward - s * left, s * forward + c * left, up)


def flu_to_ned(body: Vector, yaw_rad: float) -> Vector:
    """Return a vector of the heading in the world; ``yaw_rad`` is clockwise from north."""
    forward, right, down = flu_to_frd(body)
    c, s = math.cos(yaw_rad), math.sin(yaw_rad)
    return (c * forward - s * right, s * forward + c * right, down)


def flu_to_frd(body: Vector) -> Vector:
    """Return forward, left, up as forward, right, down; the way back is the same."""
    return (body[0], -body[1], -body[2])


def enu_to_ned(world: Vector) -> Vector:
    """Return east, north, up as north, east, down; the way back is the same."""
    return (world[1], world[0], -world[2])


def yaw_enu_to_ned(yaw_rad: float) -> float:
    """Return a yaw from east as one from north, or the other way round; within +-pi."""
    return wrap(math.pi / 2 - yaw_rad)


def wrap(angle_rad: float) -> float:
    """Return an angle within +-pi."""
    return math.remainder(angle_rad, 2 * math.pi)


def yaw_of(q: Quaternion) -> float | None:
    """Return where forward points to: its yaw, counter-clockwise from east.

    Args:
        q: (w, x, y, z), body FLU to world ENU.

    Returns:
        Radians; None where the numbers are no rotation, as in a message that nobody filled.
    """
    w, x, y, z = q
    length = math.sqrt(w * w + x * x + y * y + z * z)
    if not abs(length - 1.0) <= UNIT_TOLERANCE:  # NaN as well
        return None
    return math.atan2(2 * (w * z + x * y), w * w + x * x - y * y - z * z)
