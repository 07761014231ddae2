"""What every view is: it is opened with the policy, and shown every step after its command."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from rclpy.lifecycle import LifecycleNode

from ...contract import Observation
from ...policy import Policy


class View(ABC):
    """A topic beside the commands, made when it is asked for.

    Args:
        node: on which the topic is made.
        policy: that flies.
        model: its file.

    Raises:
        ConfigError: this policy has nothing of the kind to show.
    """

    def __init__(self, node: LifecycleNode, policy: Policy, model: Path) -> None:
        self._node, self._policy = node, policy
        self._publishers: list[Any] = []
        self.open(model)

    @abstractmethod
    def open(self, model: Path) -> None:
        """Make the topics by ``publisher``."""

    @abstractmethod
    def show(self, observation: Observation) -> None:
        """Show what the policy thought of an observation; its command has gone out already."""

    def publisher(self, kind: type, topic: str, depth: int = 10) -> Any:
        """Return a publisher that is taken back when the view is closed."""
        made = self._node.create_lifecycle_publisher(kind, topic, depth)
        self._publishers.append(made)
        return made

    def close(self) -> None:
        """Take the topics back."""
        for publisher in self._publishers:
            self._node.destroy_publisher(publisher)
