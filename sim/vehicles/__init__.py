"""One vehicle a file: its model, its inner controller and what it must not touch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

import mujoco
from numpy.random import Generator

from liquid_control.contract import Command, CommandCard
from liquid_control.registry import Registry

from ..component import Component
from ..renderer import Painter, Renderer

if TYPE_CHECKING:
    from ..layout import Layout

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class Truth:
    """The true state of a vehicle; world frame ENU, metres, radians, seconds.

    Attributes:
        quaternion: body to world, (w, x, y, z).
        yaw_rate_rad_s: about the vertical, counter-clockwise.
    """

    time_s: float
    position_m: Vector
    velocity_m_s: Vector
    yaw_rad: float
    yaw_rate_rad_s: float = 0.0
    quaternion: tuple[float, float, float, float] = (1.0, 0.0, 0.0, 0.0)


class Body(ABC):
    """One vehicle in one compiled model, flown tick by tick."""

    @abstractmethod
    def begin(self, vehicle: Vehicle, layout: Layout, rng: Generator) -> None:
        """Stand at the start of a layout, at rest, with the ranges of ``vehicle`` drawn."""

    @abstractmethod
    def control(self, command: Command, dt_s: float) -> None:
        """Set the actuators for the next physics step so that the command is tracked."""

    @abstractmethod
    def truth(self, time_s: float) -> Truth:
        """Return the present state, stamped with ``time_s``."""

    @abstractmethod
    def touched(self) -> str | None:
        """Return the name of what was hit by a part that must touch nothing; None if nothing.

        The name is that of the outermost body, such as ``tree_3``; of the geom where it stands
        in the world's own body, such as ``ground``.
        """

    def blow(self, air_m_s: Vector) -> None:  # noqa: B027 - not every vehicle feels it
        """Feel air that moves so, ENU; a vehicle too heavy for wind does nothing."""

    def settle(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        """Bring a model up to date in which everything has been put where its flight begins."""
        mujoco.mj_forward(model, data)

    def step(self, model: mujoco.MjModel, data: mujoco.MjData) -> None:
        """Move everything by one tick; a body of another simulator moves by that one."""
        mujoco.mj_step(model, data)

    def painter(self, model: mujoco.MjModel, camera: str, width: int, height: int) -> Painter:
        """Return what draws the pictures that a sensor takes with one of its cameras."""
        return Renderer(model, camera, width, height)


class Vehicle(Component, frozen=True):
    """Base of the settings of a vehicle.

    Its model has a camera ``front`` and a site ``imu`` where its sensors sit, and a camera
    ``chase`` behind it if one looks better than the one that would be added.
    """

    @property
    def command(self) -> CommandCard:
        """The kind of command that it takes, with the limits to train within."""
        raise NotImplementedError

    def spec(self) -> mujoco.MjSpec:
        """Return a new model of the vehicle alone, for scenery to be added to."""
        raise NotImplementedError

    def open(self, model: mujoco.MjModel, data: mujoco.MjData) -> Body:
        """Return the vehicle in a compiled model."""
        raise NotImplementedError


VEHICLES: Registry[Vehicle] = Registry(__name__, Vehicle, "vehicle")
