"""One way in: everything that happens to a pilot is an event, and ``Pilot.take`` decides.

The ROS node, the simulator, the evaluation and a replay all call it.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from .contract import NANOSECONDS, PERSON, TICK, Command, Event, Observation, PolicyCard
from .policy import Steps
from .safety.faults import Fault, Problem
from .safety.fence import Fence, Place
from .safety.gate import Mode, advance, after_hang, standby
from .safety.lasting import Lasting
from .safety.limits import Limits
from .safety.repeated import Repeated
from .safety.settings import SafetySettings
from .safety.takeover import Takeover
from .sensors.domain import foreign
from .sensors.observer import Observer


@dataclass(frozen=True)
class PilotStep:
    """What one event decided and how it came about.

    Attributes:
        command: what to publish; None where nothing may be published.
        mode: the safety state after the step.
        problem: why the policy's command was not flown, if so.
        stamp_ns: the reading of the clock that was answered; None where none was.
        dt_s: the time step that the policy was given; 0 where it did not run.
        observation: what the policy was given; None where it did not run.
        policy_ms: time spent in the policy; 0 where it did not run.
        ages_s: how old each input was.
        dropped: readings of the clock since activation that were no news.
        flown_by: whose command it is: policy, person, or gate where it brakes; empty where there
            is none.
        warning: what is odd and flown with nevertheless, if anything.
    """

    command: Command | None
    mode: Mode
    problem: Problem | None
    stamp_ns: int | None = None
    dt_s: float = 0.0
    observation: Observation | None = None
    policy_ms: float = 0.0
    ages_s: Mapping[str, float] = field(default_factory=dict)
    dropped: int = 0
    flown_by: str = ""
    warning: Problem | None = None

    @property
    def fault(self) -> Fault | None:
        """The word of the problem."""
        return None if self.problem is None else self.problem.fault


class Guard:
    """The observer before a policy and the gate behind it; what a policy says comes in between.

    Clock: ``now_ns`` of every event is on the clock of the sensor stamps. A watchdog's tick every
    50 ms or so is what notices silence, and what a brake goes on with.

    Args:
        card: of what flies.
        settings: the operator's timeouts.
        limits: of card and operator; the operator's defaults if not given.
        fence: where the vehicle may be; anywhere if not given.
    """

    def __init__(
        self,
        card: PolicyCard,
        settings: SafetySettings | None = None,
        limits: Limits | None = None,
        fence: Fence | None = None,
    ) -> None:
        self.settings = settings or SafetySettings()
        self.limits = limits or Limits.of(card.command)
        self.fence = fence or Fence()
        self.observer = Observer(card, self.settings)
        self._domain = card.domain or {}
        self.gate, self.takeover, self.place = standby(), Takeover(), Place()
        self._flies = ""
        self._hung: Problem | None = None
        self._odd = Lasting()

    def reset(self) -> None:
        """Return to standby, as before the first event of a flight."""
        self.observer.reset()
        self._hung, self._odd = None, Lasting()
        self.gate, self.takeover, self.place = standby(), Takeover(), Place()

    def see(self, event: Event) -> Observation | PilotStep | None:
        """Take what has happened: an observation to answer, what was decided without, or None."""
        self.takeover, self.place = self.takeover.take(event), self.place.take(event)
        ran_ns = self.observer.now_ns
        seen = self.observer.take(event)
        self._hung = self._notice_hang(ran_ns)
        problem = self.gate.problem
        if isinstance(seen, Problem):
            if seen.fault is Fault.CLOCK_BACK:
                self.takeover, self.place, self._odd = Takeover(), Place(), Lasting()
                if self.gate.mode is not Mode.FAILSAFE:
                    self.gate = standby()
            return self.decide(seen)
        if seen is None:
            person = self._person() if event.source == PERSON else None
            now = person or self._hung
            if now is not None:
                return self.decide(now)
            braking = event.source == TICK and self.gate.mode is Mode.DEGRADED
            return self.decide(problem) if braking and problem is not None else None
        if self.gate.mode is Mode.FAILSAFE and problem is not None:
            return self._report(seen.stamp_ns)  # nothing that a policy says could be flown
        self._odd = self._odd.take(self._foreign(seen), seen.stamp_ns)
        return seen

    def decide(
        self,
        wanted: Command | Problem,
        observation: Observation | None = None,
        policy_ms: float = 0.0,
    ) -> PilotStep:
        """Pass a command, or what there is instead of one, through the gate.

        What a person says who has taken over comes before either, and before the fence: so
        they can fly the vehicle back.
        """
        now_ns, person = self.observer.now_ns, self._person()
        assert now_ns is not None
        timeout_s = self.settings.place_timeout_s
        wanted = self._hung or self.place.problem_of(self.fence, now_ns, timeout_s) or wanted
        if observation is not None:
            after_s = self.settings.out_of_domain_after_s
            odd = self._odd.brakes(observation.stamp_ns, after_s)
            wanted = wanted if isinstance(wanted, Problem) else odd or wanted
        self._flies = "policy" if person is None else "person"
        self.gate = advance(self.gate, person or wanted, now_ns, self.limits, self.settings)
        stamp_ns = None if observation is None else observation.stamp_ns
        return self._report(stamp_ns, observation, policy_ms)

    def _notice_hang(self, ran_ns: int | None) -> Problem | None:
        """Return that the pilot, which flies, has not run for too long, and let it begin at rest.

        A watchdog's tick comes every 50 ms, so a longer pause is that of the pilot's process.
        """
        now_ns = self.observer.now_ns
        assert now_ns is not None
        hung_s = 0.0 if ran_ns is None else (now_ns - ran_ns) / NANOSECONDS
        if hung_s <= self.settings.hung_after_s or not self.gate.may_publish:
            return None
        assert ran_ns is not None
        self.gate = after_hang(self.gate, ran_ns)
        return Problem(Fault.PILOT_HUNG, f"for {hung_s:.1f} s")

    def _foreign(self, observation: Observation) -> Problem | None:
        """Return what makes a picture unlike those of training, where the card knows those."""
        found = (foreign(observation.values[n], known) for n, known in self._domain.items())
        return next(filter(None, found), None)

    def _person(self) -> Command | Problem | None:
        """Return what a person says who has taken over."""
        now_ns, card = self.observer.now_ns, self.limits.card
        assert now_ns is not None
        return self.takeover.says(now_ns, card, self.settings.person_timeout_s)

    def _report(
        self,
        stamp_ns: int | None,
        observation: Observation | None = None,
        policy_ms: float = 0.0,
    ) -> PilotStep:
        gate = self.gate
        command = gate.command if gate.may_publish else None
        if command is not None:
            self.observer.published(command)
        return PilotStep(
            command,
            gate.mode,
            gate.problem,
            stamp_ns,
            0.0 if observation is None else observation.dt_s,
            observation,
            policy_ms,
            {} if observation is None else observation.ages_s,
            self.observer.dropped,
            "" if command is None else self._flies if gate.problem is None else "gate",
            self._odd.problem,
        )


class Pilot(Guard):
    """A policy behind its guard.

    Args:
        policy: what flies.
        settings: the operator's timeouts.
        limits: of card and operator; the operator's defaults if not given.
        fence: where the vehicle may be; anywhere if not given.
    """

    def __init__(
        self,
        policy: Steps,
        settings: SafetySettings | None = None,
        limits: Limits | None = None,
        fence: Fence | None = None,
    ) -> None:
        super().__init__(policy.card, settings, limits, fence)
        self.policy, self._said = policy, Repeated()
        self._is_file = bool(getattr(policy, "sha256", ""))  # code of one's own may repeat itself

    def reset(self) -> None:
        """Return to standby with a zero state, as before the first event of a flight."""
        super().reset()
        self._said = Repeated()
        self.policy.reset()

    def take(self, event: Event) -> PilotStep | None:
        """Take what has happened; return what was decided, None where nothing had to be."""
        seen = self.see(event)
        if not isinstance(seen, Observation):
            if seen is not None and seen.fault is Fault.CLOCK_BACK:
                self._said = Repeated()
                self.policy.reset()
            return seen
        start = time.perf_counter()
        wanted: Command | Problem
        try:
            said = self.policy.step(seen)
            wanted = self._check(Command(tuple(map(float, said.values)), said.kind), seen.stamp_ns)
        except Exception as error:  # a failing session must end in the failsafe, not in a crash
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            wanted = Problem(Fault.POLICY_FAILED, reason)
        return self.decide(wanted, seen, 1e3 * (time.perf_counter() - start))

    def _check(self, command: Command, stamp_ns: int) -> Command | Problem:
        """Return what a policy said, or that it has said nothing else for too long."""
        if not self._is_file:
            return command
        self._said = self._said.take(command, stamp_ns)
        rest, after_s = self.limits.card.rest, self.settings.stuck_after_s
        return self._said.problem(stamp_ns, rest, after_s) or command
