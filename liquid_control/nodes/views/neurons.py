"""``~/neurons``: the state of the network by name, for a plot while it flies."""

from __future__ import annotations

from pathlib import Path

from sensor_msgs.msg import JointState

from ...contract import Observation
from ..conversions import to_stamp
from .base import View


class Neurons(View):
    """Publishes the state as a JointState, the one standard message that plots know by name."""

    def open(self, model: Path) -> None:
        """Make the topic."""
        self._message = JointState(name=list(self._policy.card.state_names))
        self._publisher = self.publisher(JointState, "~/neurons")

    def show(self, observation: Observation) -> None:
        """Send the state after the step."""
        self._message.header.stamp = to_stamp(observation.stamp_ns)
        self._message.position = self._policy.hidden[0].astype(float).tolist()
        self._publisher.publish(self._message)
