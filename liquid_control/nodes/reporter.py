"""What a node says of its pilot: a status beside every command, and few lines in the log."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from rclpy.lifecycle import LifecycleNode

from ..contract import Goal
from ..contract.goals import to_words
from ..pipeline import Pilot, PilotStep
from ..safety.faults import Fault, Problem
from ..safety.gate import Mode
from .conversions import to_status
from .sources import Source

IDLE_S = 0.5
"""Where nothing is answered the status goes on at this interval."""
REPEAT_S = 1.0
"""The same line is logged, and the graph is asked, once in this time at most."""
ASKED = {
    Fault.CAMERA_MISSING,
    Fault.IMU_MISSING,
    Fault.INPUT_MISSING,
    Fault.GOAL_MISSING,
    Fault.CAMERA_FUTURE,
    Fault.PLACE_LOST,
}
"""Faults of which the graph may know the cause."""


class Reporter:
    """Publishes ``~/status`` and logs what changes.

    Args:
        node: whose name and log it uses.
        about: what stands in every status, such as the model's digest.
        sources: by input.
        orders: what stands until something else is ordered, by input.
    """

    def __init__(
        self,
        node: LifecycleNode,
        about: dict[str, str],
        sources: dict[str, Source],
        orders: dict[str, Any],
    ) -> None:
        self._node, self._fixed, self._sources, self._orders = node, about, sources, orders
        self._publisher = node.create_lifecycle_publisher(DiagnosticArray, "~/status", 10)

    def begin(self, pilot: Pilot) -> None:
        """Begin a flight."""
        self._pilot = pilot
        self._word = (Mode.STANDBY, "")
        self._logged_at: dict[tuple[Mode, str], float] = {}
        self._heard: set[str] = set()
        self._because = ""
        self._asked_at = self._said_at = -REPEAT_S

    def hear(self, source: str) -> None:
        """Learn that something has arrived for an input."""
        self._heard.add(source)

    def report(self, step: PilotStep, now_ns: int, silence: str, answers: bool) -> None:
        """Say what was decided.

        Args:
            step: the decision.
            now_ns: the present, on the sensors' clock.
            silence: why the autopilot would not listen.
            answers: whether something arrived; else only time has passed, and a status in which
                nothing is new is left out.
        """
        step = self._explained(step)
        odd = step.problem or step.warning
        word = (step.mode, odd.fault.value if odd else "")
        now = time.monotonic()
        if answers or word != self._word or now - self._said_at >= IDLE_S:
            self._said_at = now
            known = {**self._fixed, **self._geometry(), **self._ordered()}
            about = {**known, "platform": silence or "listens"}
            name = self._node.get_fully_qualified_name()
            self._publisher.publish(to_status(step, now_ns, name, about))
        if word != self._word and now - self._logged_at.get(word, -REPEAT_S) >= REPEAT_S:
            self._logged_at[word] = now
            self._log(step)
        self._word = word

    def close(self) -> None:
        """Take the publisher back."""
        self._node.destroy_publisher(self._publisher)

    def _log(self, step: PilotStep) -> None:
        logger = self._node.get_logger()
        if step.mode is Mode.FAILSAFE:
            logger.error(
                f"failsafe, nothing is commanded any more: {step.problem}; "
                "let the autopilot land, mend the cause, then deactivate and activate"
            )
        elif odd := step.problem or step.warning:
            logger.warning(f"{step.mode.value}: {odd}")
        else:
            logger.info(f"{step.mode.value}: no fault")

    def _geometry(self) -> dict[str, str]:
        """Return of each camera whether its field of view is known."""
        streams = self._pilot.observer.streams.items()
        words = {True: "assumed", False: "known"}
        return {f"{n}_geometry": words[s.assumed] for n, s in streams if hasattr(s, "assumed")}

    def _ordered(self) -> dict[str, str]:
        """Return the present order of each input that takes one, in words."""
        return {n: to_words(g) for n, g in self._orders.items() if isinstance(g, Goal)}

    def _explained(self, step: PilotStep) -> PilotStep:
        """Add to a fault what the graph knows of its cause."""
        problem = step.problem
        if problem is None or problem.fault not in ASKED:
            return step
        if time.monotonic() - self._asked_at > REPEAT_S:
            self._asked_at = time.monotonic()
            unheard = [s for name, s in self._sources.items() if name not in self._heard]
            reasons = [source.silent_because(self._node) for source in unheard]
            if self._node.get_clock().now().nanoseconds == 0:
                reasons.append("use_sim_time is set and no /clock has come")
            self._because = "; ".join(filter(None, reasons))
        detail = "; ".join(filter(None, (problem.detail, self._because)))
        return replace(step, problem=Problem(problem.fault, detail))
