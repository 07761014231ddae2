"""Faults on purpose: from a moment of a flight on, something is lost, spoilt, late or gone.

A fault is one entry of a table: its name, the word by which the pilot should know it, and what
becomes of events, commands, the policy's file or the pilot's process.
"""

from __future__ import annotations

from .camera import CAMERA
from .fence import FENCE
from .flight import Injected, Spoiled, inject, refused, shortened
from .imu import IMU
from .injection import Injection
from .others import OTHERS
from .pilot import PILOT

INJECTIONS: dict[str, Injection] = {**CAMERA, **IMU, **OTHERS, **FENCE, **PILOT}
"""By name."""

__all__ = ["INJECTIONS", "Injected", "Injection", "Spoiled", "inject", "refused", "shortened"]
