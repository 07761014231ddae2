"""Packages that only some commands need."""

from __future__ import annotations

from importlib.util import find_spec

from ..errors import ConfigError


def needs(module: str, extra: str) -> None:
    """Refuse a command whose packages are not installed."""
    if find_spec(module) is None:
        raise ConfigError(
            f"this command needs {module}, which is not installed; "
            f"run: pip install 'liquid_control[{extra}]'"
        )
