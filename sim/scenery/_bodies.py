"""What bodies of the scenery share: what they may hit, and how they are put somewhere."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import mujoco
from numpy.random import Generator

from ..layout import Corridor, Layout

SOLID: dict[str, Any] = {"contype": 2, "conaffinity": 1}
"""Of a geom that vehicles can touch; scenery does not touch scenery."""
UNUSED_M = (0.0, 0.0, -50.0)
PAINTED = 2
"""The geom group of what has the colour of its thing; a camera draws it like group 0."""
Rgb = tuple[float, float, float]


def add_body(spec: mujoco.MjSpec, name: str) -> Any:
    """Add a body that ``put`` can move, and return it."""
    return spec.worldbody.add_body(name=name, mocap=True)


def put(
    model: mujoco.MjModel,
    data: mujoco.MjData,
    name: str,
    position_m: Sequence[float],
    yaw_rad: float = 0.0,
) -> None:
    """Put a body of ``add_body`` somewhere: (x, y) on the ground, or (x, y, z)."""
    mocap = model.body(name).mocapid[0]
    data.mocap_pos[mocap] = (*position_m, 0.0)[:3]
    data.mocap_quat[mocap] = (math.cos(yaw_rad / 2), 0.0, 0.0, math.sin(yaw_rad / 2))


def paint(
    model: mujoco.MjModel, name: str, rgb: Rgb, kind: int | None = None, group: int | None = None
) -> None:
    """Colour the geoms of a body; only those of one geom type or group if that is given."""
    body = model.body(name)
    for geom in range(body.geomadr[0], body.geomadr[0] + body.geomnum[0]):
        fits = group is None or model.geom_group[geom] == group
        if fits and (kind is None or model.geom_type[geom] == kind):
            model.geom_rgba[geom, :3] = rgb


def singular(key: str) -> str:
    """Return what one of several is called: tree_3 of ``trees``."""
    return key.removesuffix("s")


def scatter(
    rng: Generator, count: int, layout: Layout, beyond_m: float
) -> tuple[tuple[float, float], ...]:
    """Draw places around the origin, ``beyond_m`` further than the flight, off clear ways."""
    radius_m = layout.extent_m + beyond_m
    places: list[tuple[float, float]] = []
    while len(places) < count:
        r, a = radius_m * math.sqrt(rng.uniform(0.0, 1.0)), rng.uniform(-math.pi, math.pi)
        x, y = r * math.cos(a), r * math.sin(a)
        if all(_is_off(x, y, way) for way in layout.clear):
            places.append((x, y))
    return tuple(places)


def _is_off(x: float, y: float, way: Corridor) -> bool:
    """Return whether a place is off a way: by its radius beside it, by half more at its ends."""
    x0, y0, x1, y1, radius_m = way
    dx, dy = x1 - x0, y1 - y0
    along = ((x - x0) * dx + (y - y0) * dy) / max(dx * dx + dy * dy, 1e-9)
    along = min(1.0, max(0.0, along))
    ends = 1.5 if along in (0.0, 1.0) else 1.0
    return math.hypot(x - x0 - along * dx, y - y0 - along * dy) > ends * radius_m
