"""pybullet: found or asked for, and every client apart from the others."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import Any

from liquid_control.errors import ConfigError


class Engine:
    """One world of pybullet; its functions and constants are this object's attributes.

    Raises:
        ConfigError: pybullet is not installed.
    """

    def __init__(self) -> None:
        self._pybullet = _pybullet()
        self._client: int = self._pybullet.connect(self._pybullet.DIRECT)
        self._freed = weakref.finalize(self, self._pybullet.disconnect, self._client)

    def __getattr__(self, name: str) -> Any:
        """Return a constant, or a function that acts in this world alone."""
        found = getattr(self._pybullet, name)
        value: Callable[..., Any] | int = (
            partial(found, physicsClientId=self._client) if callable(found) else found
        )
        setattr(self, name, value)
        return value


def _pybullet() -> Any:
    try:
        with _silent():
            return import_module("pybullet")
    except ImportError:
        raise ConfigError(
            "the simulator bullet expected pybullet, found none; "
            "pip install 'liquid_control[bullet]'"
        ) from None


@contextmanager
def _silent() -> Iterator[None]:
    """Keep from standard error what a library in C writes there: when it was built."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
