"""The little geometry that sensors need: unit quaternions (w, x, y, z)."""

from __future__ import annotations

import math

Quaternion = tuple[float, float, float, float]
Vector = tuple[float, float, float]


def rotate(q: Quaternion, v: Vector) -> Vector:
    """Return a vector turned: of a body in the world, of a sensor in its body."""
    w, x, y, z = q
    tx, ty, tz = (
        2 * (y * v[2] - z * v[1]),
        2 * (z * v[0] - x * v[2]),
        2 * (x * v[1] - y * v[0]),
    )
    return (
        v[0] + w * tx + y * tz - z * ty,
        v[1] + w * ty + z * tx - x * tz,
        v[2] + w * tz + x * ty - y * tx,
    )


def of_angles(roll_rad: float, pitch_rad: float, yaw_rad: float) -> Quaternion:
    """Return the rotation by roll, then pitch, then yaw about the fixed axes (REP 103)."""
    (a, x), (b, y), (c, z) = (
        (math.cos(angle / 2), math.sin(angle / 2)) for angle in (roll_rad, pitch_rad, yaw_rad)
    )
    return (
        a * b * c + x * y * z,
        x * b * c - a * y * z,
        a * y * c + x * b * z,
        a * b * z - x * y * c,
    )


def multiply(p: Quaternion, q: Quaternion) -> Quaternion:
    """Return the rotation by ``q``, then by ``p``."""
    w, (a, b, c) = p[0], p[1:]
    return (
        w * q[0] - a * q[1] - b * q[2] - c * q[3],
        w * q[1] + a * q[0] + b * q[3] - c * q[2],
        w * q[2] + b * q[0] + c * q[1] - a * q[3],
        w * q[3] + c * q[0] + a * q[2] - b * q[1],
    )


def inverse(q: Quaternion) -> Quaternion:
    """Return the rotation from world to body."""
    return (q[0], -q[1], -q[2], -q[3])


def heading_of(q: Quaternion) -> float:
    """Return the heading in radians, counter-clockwise from east."""
    w, x, y, z = q
    return math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))


def turn(x: float, y: float, angle_rad: float) -> tuple[float, float]:
    """Return a horizontal vector turned counter-clockwise."""
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    return c * x - s * y, s * x + c * y
