"""``~/neurons``: the state of the network by name, for a plot while it flies."""

from __future__ import annotations

from pathlib import Path

from sensor_msgs.msg import JointState

from ...contract import Observation, PolicyCard
from ..conversions import to_stamp
from .base import View


class Neurons(View):
    """Publishes the state as a JointState, the one standard message that plots know by name."""

    def open(self, model: Path) -> None:
        """Make the topic."""
        self._message = JointState(name=neuron_names(self._policy.card))
        self._publisher = self.publisher(JointState, "~/neurons")

    def show(self, observation: Observation) -> None:
        """Send the state after the step."""
        self._message.header.stamp = to_stamp(observation.stamp_ns)
        self._message.position = self._policy.hidden[0].astype(float).tolist()
        self._publisher.publish(self._message)


def neuron_names(card: PolicyCard) -> list[str]:
    """Return a name for each number of the state."""
    size, known = card.hidden_size, card.neurons
    return list(known) if len(known) == size else [f"n{i}" for i in range(size)]
