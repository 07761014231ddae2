"""How a long run tells how far it is; the command line shows it with a library's bars."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol


class Progress(Protocol):
    """How a run tells how far it is."""

    def bar(self, total: int, label: str) -> AbstractContextManager[Callable[[], object]]:
        """Show a bar; what it gives is called once for each of ``total``."""

    def say(self, text: str) -> None:
        """Show a line."""
