"""``~/reasons``: who made this command, split exactly among the neurons that it is read from."""

from __future__ import annotations

from pathlib import Path

from sensor_msgs.msg import JointState

from ...contract import Observation
from ...reasons import read_readout
from ..conversions import to_stamp
from .base import View


class Reasons(View):
    """Publishes what each neuron adds to each field of the command, in the field's unit.

    A JointState whose names are ``field/neuron``, and ``field/bias``: those of a field add up to
    what the policy said, before the gate, less the field's rest.
    """

    def open(self, model: Path) -> None:
        """Make the topic; a policy whose commands no single layer reads is refused."""
        self._readout = read_readout(model)
        fields = [field.name for field in self._policy.card.command.fields]
        summands = (*self._readout.names, "bias")
        self._message = JointState(name=[f"{f}/{name}" for f in fields for name in summands])
        self._publisher = self.publisher(JointState, "~/reasons")

    def show(self, observation: Observation) -> None:
        """Send the parts of the command."""
        parts = self._readout.parts(self._readout.of_state(self._policy.hidden[0]))
        self._message.header.stamp = to_stamp(observation.stamp_ns)
        self._message.position = parts.ravel().tolist()
        self._publisher.publish(self._message)
