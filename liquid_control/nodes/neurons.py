"""The state of the network, live: ``~/neurons``, by name, for a plot while it flies."""

from __future__ import annotations

from rclpy.lifecycle import LifecycleNode
from sensor_msgs.msg import JointState

from ..policy import Policy
from .conversions import to_stamp


class Neurons:
    """Publishes named numbers as a JointState, the one standard message that plots know by name.

    Args:
        node: on which the topic is made.
        policy: whose state it is.
    """

    def __init__(self, node: LifecycleNode, policy: Policy) -> None:
        self._node, self._policy = node, policy
        size = policy.card.hidden_size
        known = policy.card.neurons
        names = known if len(known) == size else [f"n{i}" for i in range(size)]
        self._message = JointState(name=list(names))
        self._publisher = node.create_lifecycle_publisher(JointState, "~/neurons", 10)

    def publish(self, stamp_ns: int) -> None:
        """Send the state after the step that answered a reading of the clock."""
        self._message.header.stamp = to_stamp(stamp_ns)
        self._message.position = self._policy.hidden[0].astype(float).tolist()
        self._publisher.publish(self._message)

    def close(self) -> None:
        """Take the topic back."""
        self._node.destroy_publisher(self._publisher)
