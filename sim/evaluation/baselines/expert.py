"""The task's own expert, which sees the truth: what is possible."""

from __future__ import annotations

from liquid_control.contract import Command, Observation, PolicyCard

from ...flight import ExpertSteps
from ...world import World
from . import Baseline


class Expert(Baseline):
    """Flies as the task's expert, at the moments at which a policy would."""

    def __init__(self, world: World, card: PolicyCard) -> None:
        super().__init__(world, card)
        self._steps = ExpertSteps(world, card)

    def reset(self) -> None:
        """Begin a flight."""
        self._steps.reset()

    def step(self, observation: Observation) -> Command:
        """Return what the expert does now."""
        return self._steps.step(observation)
