"""Fly a simulator's events in exactly its order and on its clock, whatever the transport does.

Messages of different topics overtake each other, so the simulator says on ``lockstep/turn`` what
it has sent, in order; once all of it is there the pilot takes it, and ``lockstep/done`` answers.
So a flight over topics is the same as one in-process, to the last bit.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from std_msgs.msg import String

from ..contract import TICK, Event
from ..pipeline import Pilot, PilotStep
from ..record.status import to_text

TURN_TOPIC, DONE_TOPIC = "lockstep/turn", "lockstep/done"
DEPTH = 1000


class Lockstep:
    """Holds what has arrived until its turn.

    Args:
        node: on which the topics are made.
        pilot: of the flight.
        fly: takes an event and publishes what comes of it; returns what was decided.
    """

    def __init__(self, node: Node, pilot: Pilot, fly: Callable[[Event], PilotStep | None]) -> None:
        self._node, self.pilot, self._fly = node, pilot, fly
        self._subscription = node.create_subscription(String, TURN_TOPIC, self._on_turn, DEPTH)
        self._done = node.create_publisher(String, DONE_TOPIC, DEPTH)
        self.reset()

    def reset(self) -> None:
        """Forget what has not had its turn."""
        names = self.pilot.policy.card.inputs
        self._arrived: dict[str, deque[Any]] = {name: deque() for name in names}
        self._turns: deque[dict[str, Any]] = deque()

    def add(self, source: str, value: Any) -> None:
        """Keep what has arrived for an input."""
        self._arrived[source].append(value)
        self._go()

    def close(self) -> None:
        """Take the topics back."""
        self._node.destroy_subscription(self._subscription)
        self._node.destroy_publisher(self._done)

    def _on_turn(self, message: String) -> None:
        self._turns.append(json.loads(message.data))
        self._go()

    def _go(self) -> None:
        """Take every turn of which all messages are there."""
        while self._turns and self._complete(self._turns[0]["events"]):
            turn = self._turns.popleft()
            step: PilotStep | None = None
            for source, now_ns in turn["events"]:
                if source == TICK:
                    step = self._fly(Event(now_ns, TICK))
                elif source in self._arrived:
                    step = self._fly(Event(now_ns, source, self._arrived[source].popleft()))
            self._answer(turn["turn"], step)

    def _complete(self, events: list[tuple[str, int]]) -> bool:
        wanted: dict[str, int] = {}
        for source, _ in events:
            wanted[source] = wanted.get(source, 0) + 1
        return all(len(self._arrived[s]) >= n for s, n in wanted.items() if s in self._arrived)

    def _answer(self, turn: int, step: PilotStep | None) -> None:
        """Say what the last event of the turn led to, and whether the pilot waits for more."""
        card = self.pilot.policy.card
        answer = {
            "turn": turn,
            "inputs": list(card.inputs),
            "clock": card.clock,
            "waiting": self.pilot.observer.waiting,
            "step": None if step is None else to_text(step),
        }
        self._done.publish(String(data=json.dumps(answer)))
