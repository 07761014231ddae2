"""A fast camera."""

from __future__ import annotations

from liquid_control.contract import Positive

from .rate import Rate


class Fast(Rate, frozen=True):
    """Frames come at 60 Hz."""

    rate_hz: Positive = 60.0
