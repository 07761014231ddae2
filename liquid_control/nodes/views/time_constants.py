"""``~/time_constants``: how fast each number of the state moves at the present input, measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import JointState

from ...contract import Observation
from ...errors import ConfigError
from ...policy import Policy
from ..conversions import to_stamp
from .base import SlowView

HELD_S = 3.0
"""For how long the present input is held."""
LEAST = 1e-3
"""What moves less has no time constant."""


class TimeConstants(SlowView):
    """Publishes a JointState of seconds by name, NaN where a number hardly moves.

    The input of the step is held, and the policy steps on: a time constant is the time after
    which a number stays within 1/e of its way to where it ends. So it is one of every cell, and
    of the network as a whole, not of a gate by itself.
    """

    def open(self, model: Path) -> None:
        """Make the topic; a policy without a state is refused."""
        if self._policy.card.hidden_size < 2:
            raise ConfigError("show: time_constants needs a policy with a state; leave it out")
        self._message = JointState(name=list(self._policy.card.state_names))
        self._publisher = self.publisher(JointState, "~/time_constants")
        self.begin(model)

    def think(self, probe: Policy, observation: Observation, before: NDArray[np.float32]) -> None:
        """Send the time constants at a step."""
        found = time_constants(held(probe, observation, before), _dt_s(probe))
        self._message.header.stamp = to_stamp(observation.stamp_ns)
        self._message.position = found.tolist()
        self._publisher.publish(self._message)


def held(
    policy: Policy, observation: Observation, before: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return (steps + 1, n) states while the input of a step is held; the first is ``before``.

    Args:
        policy: its state is lost.
        observation: of the step.
        before: (1, n) the state before it.
    """
    policy.hidden, states = before, [before[0]]
    for _ in range(round(HELD_S / _dt_s(policy))):
        policy.step(Observation(0, _dt_s(policy), observation.values))
        states.append(policy.hidden[0])
    return np.array(states)


def time_constants(states: NDArray[np.floating], dt_s: float) -> NDArray[np.float64]:
    """Return (n,) seconds after which numbers stay within 1/e of their way; NaN if they rest.

    Args:
        states: (steps + 1, n), evenly spaced.
        dt_s: between them.
    """
    left = np.abs(states - states[-1])
    off = left > left[0] / np.e
    steps = len(off) - off[::-1].argmax(axis=0)
    return np.where(left[0] < LEAST, np.nan, steps * dt_s)


def _dt_s(policy: Policy) -> float:
    return policy.card.timing.nominal_dt_s
