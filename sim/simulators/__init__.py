"""One simulator a file or folder: what moves a world's vehicle and draws its cameras' pictures.

Whichever it is, a world is described, and its scenery placed, in one compiled MuJoCo model; so a
seed gives the same flight to each of them.
"""

from __future__ import annotations

import mujoco

from liquid_control.registry import Registry

from ..component import Component
from ..vehicles import Body, Vehicle


class Simulator(Component, frozen=True):
    """Base of the settings of a simulator."""

    def open(self, vehicle: Vehicle, model: mujoco.MjModel, data: mujoco.MjData) -> Body:
        """Return the vehicle in a compiled model, moved and seen as this simulator does it.

        Raises:
            ConfigError: the simulator is not installed, or cannot do what is in the model.
        """
        raise NotImplementedError


SIMULATORS: Registry[Simulator] = Registry(__name__, Simulator, "simulator")
