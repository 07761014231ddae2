"""A slow camera."""

from __future__ import annotations

from liquid_control.contract import Positive

from .rate import Rate


class Slow(Rate, frozen=True):
    """Frames come at 5 Hz."""

    rate_hz: Positive = 5.0
