"""What a policy does and why: its flights, its neurons, its picture of the world."""

from __future__ import annotations

from .report import Report, explain

__all__ = ["Report", "explain"]
