"""One thing to see a file: what a node shows of its policy's thoughts while it flies."""

from __future__ import annotations

from ...registry import Registry
from .base import View

__all__ = ["VIEWS", "View"]

VIEWS: Registry[View] = Registry(
    __name__,
    View,  # type: ignore[type-abstract]
    "view",
    ("base",),
)
"""By name, as parameter ``show`` lists them; ``file.py:Class`` for one of your own."""
