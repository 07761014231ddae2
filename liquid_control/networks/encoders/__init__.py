"""Encoders by name: an input of the card to features that a cell reads; one file an encoder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...contract import InputCard
from ...errors import ConfigError
from ...registry import Registry
from ..build import build
from .base import Encoder

__all__ = ["ENCODERS", "Encoder", "default_encoder", "make_encoder"]

ENCODERS = Registry(__name__, Encoder, "encoder", beside=("base",))  # type: ignore[type-abstract]


def default_encoder(kind: str) -> str:
    """Return the encoder of an input kind when nothing is said: that of the same name."""
    return "eye" if kind == "image" else kind


def make_encoder(
    name: str,
    card: InputCard,
    settings: Mapping[str, Any],
    goal: InputCard | None = None,
    where: str = "encoder",
) -> Encoder:
    """Build the encoder of one input.

    Args:
        name: a file of this folder, or ``path/to/file.py:Class`` for one of your own.
        card: the input.
        settings: keyword arguments of the encoder's class.
        goal: the card of the policy's goal, if it has one.
        where: names the input in messages.

    Raises:
        ConfigError: there is no such encoder, it reads another kind of input or a goal that is
            not there, or it cannot be made with these settings.
    """
    encoder_class = ENCODERS.get(name)
    if encoder_class.kind != card.kind:
        raise ConfigError(
            f"{where}: the encoder '{name}' reads {encoder_class.kind}, expected one that reads "
            f"{card.kind}"
        )
    given: tuple[Any, ...] = (card,)
    if encoder_class.reads_goal:
        if goal is None:
            raise ConfigError(
                f"{where}: the encoder '{name}' reads a goal, but no input of the policy is one; "
                "choose another encoder or a task that gives goals"
            )
        given = (card, goal)
    return build(f"encoder '{name}' of {where}", encoder_class, given, settings)
