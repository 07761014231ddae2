"""The privileged pilot that a policy imitates: it does only what its camera could tell it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from liquid_control.contract import Command, CommandLimits

from .scene import CHAIR_CENTRE_HEIGHT_M
from .tasks.fly_to_target import VehicleState, look_at


@dataclass(frozen=True)
class ExpertSettings:
    """Gains and setpoints of the expert, SI units."""

    hover_distance_m: float = 2.0
    hover_height_m: float = CHAIR_CENTRE_HEIGHT_M + 0.55
    approach_gain_hz: float = 0.8
    max_speed_m_s: float = 1.6
    max_retreat_m_s: float = 0.5
    yaw_gain_hz: float = 1.6
    search_rate_rad_s: float = 1.0
    climb_gain_hz: float = 1.0
    max_climb_m_s: float = 0.6
    half_view_rad: float = math.radians(38)


class Expert:
    """Turns to the target, approaches it, and searches towards where it was last seen."""

    def __init__(
        self, limits: CommandLimits | None = None, settings: ExpertSettings | None = None
    ) -> None:
        self._limits = limits or CommandLimits()
        self.settings = settings or ExpertSettings()
        self.reset()

    def reset(self) -> None:
        """Forget where the target was last seen; a search then turns left."""
        self._search_sign = 1.0

    def command(self, state: VehicleState, target_m: tuple[float, float, float]) -> Command:
        """Return what to do now."""
        s = self.settings
        view = look_at(state, target_m)
        if abs(view.bearing_rad) > s.half_view_rad:
            # Only the target tells a camera how high it is: unknown ground has no scale.
            return Command(0.0, 0.0, 0.0, self._search_sign * s.search_rate_rad_s)
        if view.bearing_rad != 0.0:
            self._search_sign = math.copysign(1.0, view.bearing_rad)
        aligned = math.cos(view.bearing_rad) ** 4
        speed = s.approach_gain_hz * (view.distance_m - s.hover_distance_m) * aligned
        speed = min(s.max_speed_m_s, max(-s.max_retreat_m_s, speed))
        up = _clip(s.climb_gain_hz * (s.hover_height_m - state.position_m[2]), s.max_climb_m_s)
        return Command(
            speed * math.cos(view.bearing_rad),
            _clip(speed * math.sin(view.bearing_rad), self._limits.left_m_s),
            up,
            _clip(s.yaw_gain_hz * view.bearing_rad, s.search_rate_rad_s),
        )


def _clip(value: float, limit: float) -> float:
    return max(-limit, min(limit, value))
