"""One message type a file: what arrives on an input's topic, as the contract's values."""

from __future__ import annotations

from ...registry import Registry
from .base import Source

__all__ = ["SOURCES", "Source"]

SOURCES: Registry[Source] = Registry(
    __name__,
    Source,  # type: ignore[type-abstract]
    "source",
    ("base",),
)
"""By input kind; parameter ``sources.<input>`` names another, or ``file.py:Class``."""
