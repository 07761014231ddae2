"""How difficult a flight is, in figures that have nothing to do with who flies."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from liquid_control.contract import Record

from ..layout import Layout
from ..scenery._thing import Thing
from ..settings import WorldSettings

STRIP_M = 3.0
"""How far to either side of the straight way an obstacle counts."""
CLOSED_M = 0.3
"""A gap that is narrower than a vehicle is none: what it parts is one obstacle."""


class Difficulty(Record, frozen=True):
    """Of one flight, or the means over several.

    Attributes:
        apparent_size_deg: angle at which the target's longer side is seen from the start; None
            where there is no target, or its size is not known.
        obstacles_per_m2: obstacles on the ground within 3 m of the straight way from the start
            to the target; of the whole ground that the flight may use, where there is no target.
        free_gap_m: the narrowest gap between two of them; None where there are fewer.
    """

    apparent_size_deg: float | None
    obstacles_per_m2: float
    free_gap_m: float | None


def difficulty(
    settings: WorldSettings, layout: Layout, obstacles_m: Sequence[tuple[float, float, float]]
) -> Difficulty:
    """Return how difficult a flight is.

    Args:
        settings: of its world.
        layout: where it starts, and what stands where.
        obstacles_m: x, y and radius of what stands in the way.
    """
    circles, area_m2 = _in_the_way(layout, np.array(obstacles_m, float).reshape(-1, 3))
    count, gap_m = count_and_gap(circles)
    return Difficulty(apparent_size_deg(settings, layout), count / area_m2, gap_m)


def mean(flights: Sequence[Difficulty]) -> Difficulty:
    """Return the mean of each figure over the flights that have it."""
    sizes_deg, densities, gaps_m = zip(
        *((f.apparent_size_deg, f.obstacles_per_m2, f.free_gap_m) for f in flights), strict=True
    )
    return Difficulty(_mean(sizes_deg), float(np.mean(densities)), _mean(gaps_m))


def apparent_size_deg(settings: WorldSettings, layout: Layout) -> float | None:
    """Return at which angle the target's longer side is seen from the start; None if unknown."""
    place = layout.places.get(layout.target)
    if place is None:
        return None
    shown = place.kind or layout.target
    kinds = {type(part).__module__.rpartition(".")[2]: part for part in settings.scenery.values()}
    thing = settings.scenery.get(shown) or kinds.get(shown)
    if not isinstance(thing, Thing):
        return None
    size_m = max(thing.height_m, 2 * thing.radius_m, 2 * thing.half_length_m)
    middle = (place.x_m, place.y_m, thing.height_m / 2)
    distance_m = math.dist(layout.start_position_m, middle)
    return math.degrees(2 * math.atan2(size_m / 2, distance_m))


def count_and_gap(circles: NDArray[np.float64]) -> tuple[int, float | None]:
    """Return how many obstacles there are, and the narrowest gap between two of them, in metres.

    Circles between which no vehicle fits are one obstacle, such as a wall; the gap is None where
    there are fewer than two.

    Args:
        circles: x, y and radius in metres, (n, 3).
    """
    if not len(circles):
        return 0, None
    x, y, radius = circles.T
    gaps_m = np.hypot(x[:, None] - x, y[:, None] - y) - radius[:, None] - radius
    count, part_of = connected_components(gaps_m < CLOSED_M)
    between_m = gaps_m[part_of[:, None] != part_of]
    return int(count), float(between_m.min()) if len(between_m) else None


def _in_the_way(layout: Layout, circles: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Return the obstacles that count, and the area of the ground on which they stand, m2."""
    x0, y0, _ = layout.start_position_m
    place = layout.places.get(layout.target)
    if place is None:
        near = np.hypot(circles[:, 0], circles[:, 1]) <= layout.extent_m
        return circles[near], math.pi * layout.extent_m**2
    way_m = max(math.hypot(place.x_m - x0, place.y_m - y0), 1e-9)
    c, s = (place.x_m - x0) / way_m, (place.y_m - y0) / way_m
    x, y = circles[:, 0] - x0, circles[:, 1] - y0
    along_m, beside_m = c * x + s * y, np.abs(c * y - s * x)
    is_target = np.hypot(along_m - way_m, beside_m) <= circles[:, 2] + 0.01
    counts = (along_m >= 0) & (along_m <= way_m) & (beside_m <= STRIP_M) & ~is_target
    return circles[counts], 2 * STRIP_M * way_m


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None
