"""One input kind a file: what has arrived of it, and what of that belongs to a moment."""

from ..registry import Registry
from .base import Aligned, Stream

__all__ = ["STREAMS", "Aligned", "Stream"]

STREAMS: Registry[Stream] = Registry(
    __name__,
    Stream,  # type: ignore[type-abstract]
    "input kind",
    ("base", "domain", "observer", "resample"),
)
"""A new kind is a new file, or ``file.py:Class`` in the card; ``vector`` serves most sensors."""
