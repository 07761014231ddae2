"""What conditions share that let another program fly the quadrotor."""

from __future__ import annotations

import msgspec

from liquid_control.errors import ConfigError

from ..settings import WorldSettings
from ..simulators import Simulator
from ..vehicles.quadrotor import Quadrotor


def simulated(settings: WorldSettings, simulator: Simulator, what: str) -> WorldSettings:
    """Return a quadrotor's world in another simulator.

    Args:
        settings: the world.
        simulator: the other.
        what: of the quadrotor it takes the place of, in a word.

    Raises:
        ConfigError: the world has another vehicle.
    """
    if not isinstance(settings.vehicle, Quadrotor):
        raise ConfigError(
            f"the condition changes a quadrotor's {what}, and this world has a "
            f"{type(settings.vehicle).__name__.lower()}; choose a flying task"
        )
    return msgspec.structs.replace(settings, simulator=simulator)
