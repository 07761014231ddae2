"""Looks by name: settings list them, and every flight draws one."""

from __future__ import annotations

from typing import Any

from numpy.random import Generator

from liquid_control.errors import ConfigError
from liquid_control.registry import Registry


def check_looks(registry: Registry[Any], names: tuple[str, ...], setting: str) -> None:
    """Check that there is at least one, and that each is known, when settings are read.

    Raises:
        ValueError: there is none, or one is not known.
    """
    if not names:
        raise ValueError(f"{setting}: expected at least one of {', '.join(registry.names())}")
    try:
        for name in names:
            registry.get(name)
    except ConfigError as error:
        raise ValueError(f"{setting}: {error}") from None


def draw_look(rng: Generator, names: tuple[str, ...]) -> str:
    """Return one of the names, each as likely as any other."""
    return names[int(rng.integers(len(names)))]
