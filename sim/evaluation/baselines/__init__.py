"""What a policy must beat: pilots that nobody trained, one a file."""

from __future__ import annotations

from abc import ABC, abstractmethod

from liquid_control.contract import Command, Observation, PolicyCard
from liquid_control.registry import Registry

from ...world import World


class Baseline(ABC):
    """Flies without having learned.

    Args:
        world: what it flies in; only an expert looks into it.
        card: what it is given, and what it may say.
    """

    def __init__(self, world: World, card: PolicyCard) -> None:
        self.card = card

    def reset(self) -> None:
        """Begin a flight."""
        return

    @abstractmethod
    def step(self, observation: Observation) -> Command:
        """Return what to do now."""


BASELINES: Registry[Baseline] = Registry(__name__, Baseline, "baseline")  # type: ignore[type-abstract]
