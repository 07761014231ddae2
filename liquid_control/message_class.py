"""Message classes of packages that no wheel of ours brings: looked up when they are needed."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from .errors import ConfigError


def message_class(package: str, name: str, install: str) -> Any:
    """Return the class of a message.

    Raises:
        ConfigError: it is not installed; ``install`` says what to do.
    """
    try:
        return getattr(import_module(f"{package}.msg"), name)
    except (ImportError, AttributeError) as error:
        raise ConfigError(
            f"expected the messages {package}/{name}, found {error}; {install}"
        ) from None
