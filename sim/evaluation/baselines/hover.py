"""Do nothing: whoever succeeds like this has a task that is none."""

from __future__ import annotations

from liquid_control.contract import Command, Observation

from . import Baseline


class Hover(Baseline):
    """Stays where it is."""

    def step(self, observation: Observation) -> Command:
        """Return the command of a vehicle at rest."""
        return self.card.command.rest
