"""What the flying expert remembers, as numbers: by them a policy's state is taught what to keep.

A command alone teaches memory badly: that a turn has gone on for five seconds, or that a trunk
left the view a second ago, shows in it only later, beyond the steps that an update looks back.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..vehicles import Truth
from ._geometry import look_along, within
from ._known import Sight
from ._search import LEG_S, TURN_RAD, Search

SECTORS_RAD = {"left": (0.6, 2.4), "ahead": (-0.6, 0.6), "right": (-2.4, -0.6)}
"""Where obstacles are told of, bearings."""
LEAST_M = 0.4
"""Nearer does not count more."""
RECALLED = (
    *("target", "target_ahead", "target_left", "target_near"),
    *("turned", "goes_ahead", "leg"),
    *(f"obstacle_{name}" for name in SECTORS_RAD),
    *("speed_forward_m_s", "speed_left_m_s", "climb_m_s", "height_m"),
)
"""Whether what was ordered is known, in which direction (cosine and sine) and how near (1/m), all
zero without it; the share of a full turn of a search, whether it goes ahead and for which share of
a leg; nearest edges of obstacles by sector (1/m); the own velocity, and the height up to 4 m."""


def recalled_of(
    truth: Truth, aim: Sight | None, search: Search, obstacles: NDArray[np.float64]
) -> tuple[float, ...]:
    """Return the numbers of ``RECALLED``.

    Args:
        truth: of the vehicle.
        aim: what it goes to.
        search: as far as it is.
        obstacles: (n, 3) x, y and radius of those that it keeps clear of.
    """
    vx, vy, vz = truth.velocity_m_s
    c, n = math.cos(truth.yaw_rad), math.sin(truth.yaw_rad)
    return (
        *_of_target(truth, aim),
        within(search.turned_rad / TURN_RAD, -2.0, 2.0),
        float(search.ahead_s is not None),
        (search.ahead_s or 0.0) / LEG_S,
        *_beside(truth, obstacles),
        *(c * vx + n * vy, c * vy - n * vx, vz),
        min(truth.position_m[2], 4.0),
    )


def _of_target(truth: Truth, aim: Sight | None) -> tuple[float, float, float, float]:
    if aim is None:
        return 0.0, 0.0, 0.0, 0.0
    view = look_along(truth, aim.place.x_m, aim.place.y_m)
    b = view.bearing_rad
    return 1.0, math.cos(b), math.sin(b), 1.0 / max(view.distance_m, LEAST_M)


def _beside(truth: Truth, obstacles: NDArray[np.float64]) -> list[float]:
    dx, dy = (obstacles[:, i] - truth.position_m[i] for i in (0, 1))
    edge_m = np.maximum(np.hypot(dx, dy) - obstacles[:, 2], LEAST_M)
    off = (np.arctan2(dy, dx) - truth.yaw_rad + math.pi) % (2 * math.pi) - math.pi
    return [
        float(np.max(1.0 / edge_m, where=(off >= low) & (off < high), initial=0.0))
        for low, high in SECTORS_RAD.values()
    ]
