"""What every fake of an autopilot is; its frames are worked out in its own way."""

from __future__ import annotations

import cmath
import math
from abc import ABC, abstractmethod

from liquid_control_sim.vehicles import Truth

from liquid_control.contract import STOP, Command, velocity

FASTEST_M_S = 5.0
UNDER_WAY_S = 0.2
"""A setpoint so soon after the end of the mode was sent before that could be known."""


class Autopilot(ABC):
    """Holds its position until a person switches to the mode in which it is flown.

    Attributes:
        nodes: what has to be spun.
        time_s: its clock, that of the simulation.
        armed: what the person did.
        wanted: whether the person asks for the mode.
        received: how many setpoints have arrived.
        wrongs: what it was sent and may not be.
        losses: how often it left the mode because nothing came any more.
    """

    def __init__(self):
        self.nodes = []
        self.time_s = 0.0
        self.armed, self.wanted = True, False
        self.received = 0
        self.wrongs: list[str] = []
        self.losses = 0
        self.setpoint: tuple[float, float, float, float] | None = None
        self.setpoint_s = -1e9
        self.flown_s = -1e9
        self._due_s: dict[str, float] = {}

    @property
    @abstractmethod
    def flown(self) -> bool:
        """Whether it is in the mode in which it takes setpoints, and armed."""

    @abstractmethod
    def think(self, truth: Truth) -> None:
        """Accept or leave modes and send what is due."""

    def step(self, truth: Truth, dt_s: float) -> Command:
        """Live for a tick; return what it flies, heading-aligned."""
        self.time_s += dt_s
        self.poll()
        self.think(truth)
        if self.flown:
            self.flown_s = self.time_s
        if self.setpoint is None:
            return STOP
        north, east, down, clockwise = self.setpoint
        body = complex(north, east) * cmath.exp(-1j * heading(truth))
        return velocity(body.real, -body.imag, -down, -clockwise)

    def poll(self) -> None:  # noqa: B027
        """Take what has arrived by another way than a node."""

    def close(self) -> None:
        for node in self.nodes:
            node.destroy_node()

    def take(self, ned: tuple[float, float, float, float]) -> None:
        """Fly a velocity in NED and a clockwise yaw rate from now on."""
        self.received += 1
        if not all(map(math.isfinite, ned)) or max(map(abs, ned)) > FASTEST_M_S:
            self.wrong(f"setpoint {ned}")
            return
        self.setpoint, self.setpoint_s = ned, self.time_s

    def wrong(self, what: str) -> None:
        self.wrongs.append(f"{what} at {self.time_s:.2f} s")

    def unasked(self, what: str) -> None:
        """Call it wrong that something moves the vehicle outside of the mode, or disarmed."""
        if self.time_s - self.flown_s > UNDER_WAY_S:
            self.wrong(f"{what}, armed {self.armed}")

    def due(self, what: str, every_s: float) -> bool:
        """Return whether it is time to send something again."""
        if self.time_s < self._due_s.get(what, 0.0):
            return False
        self._due_s[what] = self.time_s + every_s
        return True


def heading(truth: Truth) -> float:
    """Return where the nose points to over ground, clockwise from north."""
    w, x, y, z = truth.quaternion
    east, north = 1 - 2 * (y * y + z * z), 2 * (x * y + w * z)
    return math.atan2(east, north)
