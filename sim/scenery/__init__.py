"""One kind of scenery a file: each adds itself to the model and draws itself every flight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import mujoco
from numpy.random import Generator

from liquid_control.registry import Registry

from ..component import Component

if TYPE_CHECKING:
    from ..layout import Layout


class Scenery(Component, frozen=True):
    """Base of the settings of something that stands around, named by its key in the world."""

    def attach(self, spec: mujoco.MjSpec, key: str) -> None:
        """Add it to the model; bodies and geoms are named after ``key``."""
        raise NotImplementedError

    def draw(self, rng: Generator, layout: Layout, key: str) -> Any:
        """Return one flight's places and looks: a frozen record, drawn from ``rng`` alone."""
        return None

    def place(self, model: mujoco.MjModel, data: mujoco.MjData, key: str, drawn: Any) -> None:
        """Bring the model into the state that ``draw`` gave."""

    def moves(self, drawn: Any) -> bool:
        """Return whether anything of it moves in this flight."""
        return False

    def move(
        self, model: mujoco.MjModel, data: mujoco.MjData, key: str, drawn: Any, time_s: float
    ) -> None:
        """Bring what moves to where it is at a time of the flight."""

    def obstacles(self, drawn: Any) -> tuple[tuple[float, float, float], ...]:
        """Return (x, y, radius) in metres of what stands in the way, for a map of the flight."""
        return ()

    def structure(self) -> Any:
        """Return what ``attach`` depends on: nothing but the kind, unless a kind says more."""
        return type(self)


SCENERY: Registry[Scenery] = Registry(
    __name__, Scenery, "scenery", ("colours", "grounds", "horizons", "kinds", "skies")
)
