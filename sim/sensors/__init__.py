"""One sensor a file: what it measures, and with which errors."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

import mujoco
from numpy.random import Generator

from liquid_control.contract import InputCard, Range, Share
from liquid_control.registry import Registry

from ..component import Component
from ..vehicles import Body

if TYPE_CHECKING:
    from ..layout import Layout


class Probe(ABC):
    """One sensor in one compiled model."""

    @abstractmethod
    def begin(self, sensor: Any, layout: Layout, rng: Generator) -> None:
        """Draw one flight's errors from the settings of ``sensor``."""

    @abstractmethod
    def measure(self, stamp_ns: int) -> Any:
        """Return a Frame, ImuSample or Reading of the present, stamped with ``stamp_ns``."""

    def close(self) -> None:  # noqa: B027 - most hold nothing
        """Free what the sensor holds, such as a graphics context."""


class Sensor(Component, frozen=True):
    """Base of the settings of a sensor; its key in the world is the name of the input.

    Attributes:
        rate_hz: measurements a second, drawn log-uniformly.
        jitter: share by which each interval is stretched or shortened at most.
        delay_s: how late a measurement arrives; one value a flight.
        dropout: share of the measurements that are lost; never the first.
    """

    kind: ClassVar[str]

    rate_hz: Range = (20.0, 20.0)
    jitter: Share = 0.0
    delay_s: Range = (0.0, 0.0)
    dropout: Share = 0.0

    def input(self) -> InputCard:
        """Return the card of the input that it feeds."""
        raise NotImplementedError

    def fitted(self, card: InputCard) -> Sensor:
        """Return the sensor that gives what a policy's card asks for.

        Raises:
            ConfigError: it cannot.
        """
        raise NotImplementedError

    def attach(self, spec: mujoco.MjSpec, key: str) -> None:
        """Add to the vehicle's model what the measurement needs, named after ``key``."""

    def open(self, model: mujoco.MjModel, data: mujoco.MjData, body: Body, key: str) -> Probe:
        """Return the sensor in a compiled model."""
        raise NotImplementedError

    def structure(self) -> Any:
        """Return the kind alone: the model does not depend on rates, delays and errors."""
        return type(self)


SENSORS: Registry[Sensor] = Registry(__name__, Sensor, "sensor", ("delivery",))
