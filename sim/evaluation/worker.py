"""What a worker does: open one world and one pilot, then fly seed after seed."""

from __future__ import annotations

from typing import Any

from liquid_control.pipeline import Pilot

from ..flight import fly
from ..settings import from_data
from ..world import World
from .pilots import OwnSteps, open_pilot
from .summary import FlightResult

_world: World
_pilot: Pilot


def prepare(model: str, world: dict[str, Any]) -> None:
    """Open a model in the world of plain data."""
    global _world, _pilot
    _world, _pilot = open_pilot(model, from_data(world))


def fly_seed(seed: int) -> tuple[FlightResult, list[float]]:
    """Return how the flight of a seed ended, and how long each step of the policy took, ms.

    Raises:
        PolicyCodeError: somebody's own policy raised an error.
    """
    flight = fly(_world, _pilot, seed)
    steps = _pilot.policy
    if isinstance(steps, OwnSteps) and steps.failure is not None:
        raise steps.failure
    verdict = flight.verdict
    result = FlightResult(seed, verdict.outcome, verdict.time_s, verdict.touched)
    return result, [float(ms) for ms in flight.policy_ms]
