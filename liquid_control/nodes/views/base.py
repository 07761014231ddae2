"""What every view is: it is opened with the policy, and shown every step after its command."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rclpy.lifecycle import LifecycleNode

from ...contract import Observation
from ...policy import Policy, load_policy

REST_S = 0.5
"""From the end of one long thought to the beginning of the next."""


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


class SlowView(View):
    """A view that takes longer than a step: it thinks in a thread of its own.

    A second session of the same file replays steps there: a command never waits for it, and of
    the steps that come meanwhile the newest counts.
    """

    def begin(self, model: Path) -> None:
        """Begin to wait for steps; to be called when the topics are made."""
        self._probe = load_policy(model)
        self._newest: tuple[Observation, NDArray[np.float32]] | None = None
        self._wake, self._ended = threading.Condition(), threading.Event()
        self._thread = threading.Thread(target=self._work, name=type(self).__name__, daemon=True)
        self._thread.start()

    @abstractmethod
    def think(self, probe: Policy, observation: Observation, before: NDArray[np.float32]) -> None:
        """Show what is thought of a step.

        Args:
            probe: the policy once more, whose state is free.
            observation: of the step.
            before: (1, n) the state before it.
        """

    def show(self, observation: Observation) -> None:
        """Leave a step for the thread; one that it has not taken yet is forgotten."""
        with self._wake:
            self._newest = observation, self._policy.before
            self._wake.notify()

    def close(self) -> None:
        """End the thread, then take the topic back."""
        self._ended.set()
        with self._wake:
            self._wake.notify()
        self._thread.join()
        super().close()

    def _work(self) -> None:
        while not self._ended.is_set():
            with self._wake:
                self._wake.wait_for(lambda: self._newest is not None or self._ended.is_set())
                given, self._newest = self._newest, None
            if given is not None and not self._ended.is_set():
                self.think(self._probe, *given)
                self._ended.wait(REST_S)
