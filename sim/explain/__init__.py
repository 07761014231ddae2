"""What a policy does and why: its flights, its neurons, its picture of the world."""

from __future__ import annotations

from .flight import explain_flight
from .report import Report, explain

__all__ = ["Report", "explain", "explain_flight"]
