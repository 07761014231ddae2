"""One step from sensors to a safe command: the only way a policy flies.

The ROS node, the simulator, the evaluation and a replay all call ``Pilot.step``.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from .contract import Command, ImuSample
from .faults import Fault
from .observation import Aligner, Frame
from .runtime import Policy
from .safety import Mode, SafetySettings, advance, restart, standby


@dataclass(frozen=True)
class PilotStep:
    """What one step decided and how it came about.

    Attributes:
        command: what to publish; None where nothing may be published.
        mode: the safety state after the step.
        fault: why the policy's command was not flown, if so.
        stamp_ns: the frame that was answered; None for a watchdog's step.
        dt_s: the time step that the policy was given; 0 where it did not run.
        image_age_s: how old the frame was.
        policy_ms: time spent in the network; 0 where it did not run.
        frames_dropped: frames since activation that were no news.
    """

    command: Command | None
    mode: Mode
    fault: Fault | None
    stamp_ns: int | None = None
    dt_s: float = 0.0
    image_age_s: float = 0.0
    policy_ms: float = 0.0
    frames_dropped: int = 0


class Pilot:
    """A policy behind the aligner and the gate.

    Clock: ``now_ns`` of every call is on the clock of the sensor stamps.
    """

    def __init__(self, policy: Policy, settings: SafetySettings | None = None) -> None:
        self.policy = policy
        self.settings = settings or SafetySettings()
        self._aligner = Aligner(policy.card, self.settings)
        self.gate = standby()
        self._since_ns: int | None = None

    def reset(self) -> None:
        """Return to standby with a zero state, as before the first frame of a flight."""
        self.policy.reset()
        self._aligner.reset()
        self.gate = standby()
        self._since_ns = None

    def add_imu(self, *samples: ImuSample) -> None:
        """Take inertial samples as they arrive."""
        self._aligner.add_imu(samples)

    def step(self, frame: Frame | Fault | None, now_ns: int) -> PilotStep:
        """Take what has arrived and decide what to publish.

        Args:
            frame: the newest camera frame, the fault it came with, or None for a watchdog's step.
            now_ns: the present.
        """
        if self._since_ns is None:
            self._since_ns = now_ns
        if frame is None:
            return self._watch(now_ns)
        seen = frame if isinstance(frame, Fault) else self._aligner.observe(frame, now_ns)
        if seen is None:
            return self._nothing_new()
        if isinstance(seen, Fault):
            self._decide(seen, now_ns)
            return self._report(None if isinstance(frame, Fault) else frame.stamp_ns)
        if self.gate.mode is Mode.FAILSAFE:  # nothing that it says could be flown
            return self._report(seen.stamp_ns, image_age_s=seen.image_age_s)
        if seen.dt_s > self.policy.card.timing.reset_after_s:
            self.gate = restart(self.gate)
        start = time.perf_counter()
        wanted: Command | Fault
        try:
            wanted = self.policy.step(seen)
        except Exception:  # a failing session must end in the failsafe, not in a crash
            wanted = Fault.POLICY_FAILED
        policy_ms = 1e3 * (time.perf_counter() - start)
        self._decide(wanted, now_ns)
        return self._report(seen.stamp_ns, seen.dt_s, seen.image_age_s, policy_ms)

    def _watch(self, now_ns: int) -> PilotStep:
        """Brake when frames have stopped; otherwise leave the last decision standing."""
        assert self._since_ns is not None
        if self._aligner.is_stale(now_ns, self._since_ns):
            self._decide(Fault.CAMERA_STALE, now_ns)
            return self._report(None)
        return self._nothing_new()

    def _nothing_new(self) -> PilotStep:
        dropped = self._aligner.frames_dropped
        return PilotStep(None, self.gate.mode, self.gate.fault, frames_dropped=dropped)

    def _decide(self, wanted: Command | Fault, now_ns: int) -> None:
        self.gate = advance(self.gate, wanted, now_ns, self.policy.card.limits, self.settings)

    def _report(
        self,
        stamp_ns: int | None,
        dt_s: float = 0.0,
        image_age_s: float = 0.0,
        policy_ms: float = 0.0,
    ) -> PilotStep:
        gate = self.gate
        command = gate.command if gate.may_publish else None
        return PilotStep(
            command,
            gate.mode,
            gate.fault,
            stamp_ns,
            dt_s,
            image_age_s,
            policy_ms,
            self._aligner.frames_dropped,
        )
