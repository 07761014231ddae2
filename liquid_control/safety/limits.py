"""How far and how fast a command may go: the smaller of what card and operator allow."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..contract import Command, CommandCard
from ..errors import ConfigError

ROUNDING = 1e-5
"""A float32 network may overshoot a limit by rounding; this share of it is not a fault."""

OPERATOR_TOP = {"forward_m_s": 3.0, "left_m_s": 2.0, "up_m_s": 2.0, "yaw_rate_rad_s": 1.8}
"""What an operator who says nothing allows of a velocity: no card goes past it unasked."""

OPERATOR_RATE = {"forward_m_s": 9.0, "left_m_s": 9.0, "up_m_s": 9.0, "yaw_rate_rad_s": 18.0}
"""The same of its change, a second."""


@dataclass(frozen=True)
class Limits:
    """Limits of every field of a command, in the card's order.

    Attributes:
        card: what the policy may say; beyond it a command is a fault.
        lows: least published value of each field.
        highs: greatest published value.
        rates: fastest change a second.
    """

    card: CommandCard
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    rates: tuple[float, ...]

    @classmethod
    def of(
        cls,
        card: CommandCard,
        tops: Mapping[str, float] | None = None,
        rates: Mapping[str, float] | None = None,
    ) -> Limits:
        """Combine the card's limits with the operator's.

        Args:
            card: of the policy.
            tops: largest distance from rest by field name; ``OPERATOR_TOP`` where it is silent,
                the card's where that is silent too. 0 forbids the motion.
            rates: fastest change a second by field name; ``OPERATOR_RATE``, then the card's.

        Raises:
            ConfigError: a field is not in the card, or a value is no number or out of its range.
        """
        tops, rates = dict(tops or {}), dict(rates or {})
        _check(card, "limits", tops, "0 or more", lambda value: value >= 0)
        _check(card, "rates", rates, "more than 0", lambda value: value > 0)
        tops, rates = OPERATOR_TOP | tops, OPERATOR_RATE | rates
        limits = cls(
            card,
            tuple(max(f.low, f.rest - tops.get(f.name, f.scale)) for f in card.fields),
            tuple(min(f.high, f.rest + tops.get(f.name, f.scale)) for f in card.fields),
            tuple(min(f.rate, rates.get(f.name, f.rate)) for f in card.fields),
        )
        if not all(map(math.isfinite, limits.lows + limits.highs + limits.rates)):
            raise ConfigError(
                "expected limits and rates of the policy's card that are finite, found "
                f"{limits.lows} to {limits.highs} at {limits.rates}; give limits of your own"
            )
        return limits

    def accepts(self, command: Command) -> bool:
        """Return whether a command is one that the card allows, up to rounding."""
        card = self.card
        return (
            command.kind == card.kind
            and len(command.values) == len(card.fields)
            and all(
                f.low - ROUNDING * f.scale <= value <= f.high + ROUNDING * f.scale
                for value, f in zip(command.values, card.fields, strict=True)
            )
        )

    def shrink(self, command: Command) -> Command:
        """Return the command on its way from rest as far as the operator allows.

        One common factor shortens the whole command, so its direction is kept. A motion that is
        forbidden is left out instead: it must not keep the others from being flown.
        """
        share = 1.0
        targets = []
        for value, rest, low, high in zip(
            command.values, self.card.rest.values, self.lows, self.highs, strict=True
        ):
            target = rest if low == high else value
            targets.append(target)
            if not low <= target <= high:
                share = min(share, ((high if target > high else low) - rest) / (target - rest))
        if share < 1.0:
            pairs = zip(targets, self.card.rest.values, strict=True)
            targets = [rest + share * (target - rest) for target, rest in pairs]
        return Command(tuple(targets), command.kind)


def _check(
    card: CommandCard,
    what: str,
    given: Mapping[str, float],
    expected: str,
    holds: Callable[[float], bool],
) -> None:
    """Raise unless every value of the operator is a number in its range, of the card's fields."""
    known = [field.name for field in card.fields]
    for name, value in given.items():
        if name not in known:
            raise ConfigError(
                f"{what}.{name}: the policy commands no such field; it has {', '.join(known)}"
            )
        if not (isinstance(value, int | float) and math.isfinite(value) and holds(value)):
            raise ConfigError(
                f"{what}.{name}: expected a finite number, {expected}, found {value}"
            )
