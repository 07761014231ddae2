"""A vehicle that leaves its fence, and odometry that falls silent or says nonsense."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from liquid_control.contract import PLACE, Event
from liquid_control.safety.faults import Fault
from liquid_control.safety.fence import Fence

from .injection import Injection, Spoil

Placed = tuple[float, float, float, float]
AROUND = Fence(radius_m=1000.0, floor_m=-5.0, ceiling_m=50.0, lean_deg=60.0)


def _placed(change: Callable[[float, float, float, float], Placed | None]) -> Callable[[], Spoil]:
    """Change where the vehicle is said to be: east, north, up and lean; None is silence."""

    def spoil(event: Event) -> Event | None:
        if event.source != PLACE:
            return event
        values = change(*event.value.values)
        return values and replace(event, value=replace(event.value, values=values))

    return lambda: spoil


def _fault(
    fault: Fault, change: Callable[[float, float, float, float], Placed | None]
) -> Injection:
    return Injection(fault, _placed(change), topics=False, fence=AROUND)


FENCE = {
    "fence_left": _fault(Fault.FENCE_LEFT, lambda e, n, u, lean: (e + 2000.0, n, u, lean)),
    "too_low": _fault(Fault.TOO_LOW, lambda e, n, u, lean: (e, n, u - 20.0, lean)),
    "too_high": _fault(Fault.TOO_HIGH, lambda e, n, u, lean: (e, n, u + 100.0, lean)),
    "too_tilted": _fault(Fault.TOO_TILTED, lambda e, n, u, lean: (e, n, u, 1.3)),
    "place_lost": _fault(Fault.PLACE_LOST, lambda e, n, u, lean: None),
    "place_nan": _fault(Fault.PLACE_INVALID, lambda e, n, u, lean: (math.nan, n, u, lean)),
}
