"""Commands to the message of each autopilot, one file each."""

from __future__ import annotations

from ..registry import Registry
from .base import Platform

__all__ = ["PLATFORMS", "Platform"]

PLATFORMS: Registry[Platform] = Registry(
    __name__,
    Platform,  # type: ignore[type-abstract]
    "platform",
    ("base",),
)
"""By name, or ``file.py:Class`` for one of your own."""
