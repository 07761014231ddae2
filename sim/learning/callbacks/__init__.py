"""Who is told how a training goes: one file a name, or ``my.py:Class`` for one of your own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from liquid_control.contract import Score
from liquid_control.errors import LiquidControlError
from liquid_control.registry import Registry

if TYPE_CHECKING:
    from ..config import TrainConfig


class CallbackError(LiquidControlError):
    """A callback raised; the run can go on with --resume once it is mended."""


class Callback:
    """Is told of a run; every hook does nothing unless a subclass says what.

    One of your own stands in a file ``my.py`` and is named ``my.py:Wandb``::

        class Wandb(Callback):
            def on_begin(self, config, run):
                wandb.init(name=config.name, dir=run)

            def on_epoch(self, epoch, metrics):
                wandb.log(dict(metrics), step=epoch)
    """

    def on_begin(self, config: TrainConfig, run: Path) -> None:
        """Begin, or go on with, the run in the directory ``run``."""

    def on_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """Hear of one epoch, counted from 1: losses, learning rate, seconds."""

    def on_end(self, policy: Path, scores: Sequence[Score]) -> None:
        """Hear of the finished policy's file and what it was measured at."""


CALLBACKS: Registry[Callback] = Registry(__name__, Callback, "callback")


class Callbacks(Callback):
    """Several callbacks as one, in order.

    Raises:
        ConfigError: there is no such class.
        CallbackError: one of them raised, with what it said.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._all: list[tuple[str, Callback]] = []
        for name in names:
            callback_class = CALLBACKS.get(name)
            with _named(name):
                self._all.append((name, callback_class()))

    def on_begin(self, config: TrainConfig, run: Path) -> None:
        """Tell all."""
        for name, callback in self._all:
            with _named(name):
                callback.on_begin(config, run)

    def on_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """Tell all."""
        for name, callback in self._all:
            with _named(name):
                callback.on_epoch(epoch, metrics)

    def on_end(self, policy: Path, scores: Sequence[Score]) -> None:
        """Tell all."""
        for name, callback in self._all:
            with _named(name):
                callback.on_end(policy, scores)


@contextmanager
def _named(name: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:  # whatever somebody's callback raises
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise CallbackError(
            f"callback {name} failed: {reason}; mend it, and go on with --resume"
        ) from error
