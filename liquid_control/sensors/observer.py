"""Align every input to the readings of one of them, the clock, or name what prevents it."""

from __future__ import annotations

from collections import deque

from ..contract import NANOSECONDS, TICK, Command, Event, Observation, PolicyCard
from ..errors import ConfigError
from ..safety.faults import Fault, Problem
from ..safety.settings import SafetySettings
from . import STREAMS
from .base import Stream

CLOCK_BACK_NS = NANOSECONDS // 10
"""A step back of the present by less is the disorder of threads, not another clock."""
MOST_WAITING = 32


class Observer:
    """Turns the events of a flight into observations; the same for robot, simulator and replay.

    A reading of the clock waits until every stream that must reach its stamp has done so, or for
    ``wait_s``. That makes an observation a function of what the messages say, not of the order in
    which a middleware delivers them, as long as the IMU keeps its rate.

    Attributes:
        streams: by input name.
        now_ns: the present, by the events so far; it goes back only where a flight begins anew.
        dropped: readings of the clock since the reset that were no news, or too many at once.
    """

    def __init__(self, card: PolicyCard, settings: SafetySettings) -> None:
        self._card, self._settings = card, settings
        self.streams: dict[str, Stream] = {
            name: _stream(name, card, settings) for name in card.inputs
        }
        self._clock = self.streams[card.clock]
        self._waited_for = [s for s in self.streams.values() if s.waits and s is not self._clock]
        self.reset()

    def reset(self) -> None:
        """Begin a flight: nothing has been seen."""
        for stream in self.streams.values():
            stream.reset()
        self._begin(None)
        self.dropped = 0

    def _begin(self, now_ns: int | None) -> None:
        self._waiting: deque[tuple[int, int]] = deque()
        self._newest_ns: int | None = None
        self._heard_ns: int | None = None
        self._observed_ns: int | None = None
        self.now_ns = self._began_ns = now_ns

    def take(self, event: Event) -> Observation | Problem | None:
        """Return the observation that an event completes, the problem that it shows, or None."""
        back = self._pass(event.now_ns)
        assert self.now_ns is not None
        stream, problem = self.streams.get(event.source), None
        if stream is not None:
            problem = stream.take(event.value, self.now_ns)
        if back is not None:
            return back
        if stream is self._clock:
            self._hear(problem, self.now_ns)
            if problem is not None:
                return problem
        found = self._ready(self.now_ns)
        return self._silence(self.now_ns) if found is None and event.source == TICK else found

    def _pass(self, now_ns: int) -> Problem | None:
        """Let time pass; where it goes back, a flight begins in which only orders still stand."""
        if self.now_ns is None:
            self._begin(now_ns)
        elif now_ns < self.now_ns - CLOCK_BACK_NS:
            back_s = (self.now_ns - now_ns) / NANOSECONDS
            for stream in self.streams.values():
                if not stream.stands:
                    stream.reset()
            self._begin(now_ns)
            return Problem(Fault.CLOCK_BACK, f"by {back_s:.1f} s")
        else:
            self.now_ns = max(self.now_ns, now_ns)
        return None

    @property
    def waiting(self) -> bool:
        """Whether a reading of the clock waits for other inputs."""
        return bool(self._waiting)

    def published(self, command: Command) -> None:
        """Learn what the vehicle has been told: a sensor that does not feel it is broken."""
        moving = command.values != self._card.command.rest.values
        for stream in self.streams.values():
            stream.flown, stream.commanding = True, moving

    def _hear(self, problem: Problem | None, now_ns: int) -> None:
        """Put the clock's newest reading into the queue, if it is news.

        A camera is heard as long as it sends what is new or has a fault of its own; an image
        that is sent again and again is silence.
        """
        newest_ns = self._clock.newest_ns
        if problem is not None:
            self._heard_ns = now_ns
        elif newest_ns is None or (self._newest_ns is not None and newest_ns <= self._newest_ns):
            self.dropped += 1
        else:
            self._newest_ns, self._heard_ns = newest_ns, min(now_ns, newest_ns)
            self._waiting.append((newest_ns, now_ns))
            if len(self._waiting) > MOST_WAITING:
                self._waiting.popleft()
                self.dropped += 1

    def _ready(self, now_ns: int) -> Observation | Problem | None:
        """Observe the oldest waiting reading of the clock, once it need not wait any longer."""
        if not self._waiting:
            return None
        stamp_ns, arrived_ns = self._waiting[0]
        complete = all(stream.has_reached(stamp_ns) for stream in self._waited_for)
        if not complete and now_ns - arrived_ns <= self._settings.wait_s * NANOSECONDS:
            return None
        self._waiting.popleft()
        return self._observe(stamp_ns, now_ns)

    def _observe(self, stamp_ns: int, now_ns: int) -> Observation | Problem:
        clock_age_s = (now_ns - stamp_ns) / NANOSECONDS
        stale = self._clock.silence(False, clock_age_s)
        if stale is not None:
            return stale
        values, ages_s = {}, {}
        for name, stream in self.streams.items():
            found = stream.until(stamp_ns)
            if isinstance(found, Problem):
                return found
            values[name], ages_s[name] = found.values, found.age_s
        ages_s[self._card.clock] = clock_age_s
        dt_s = self._card.timing.nominal_dt_s
        if self._observed_ns is not None:
            dt_s = (stamp_ns - self._observed_ns) / NANOSECONDS
        self._observed_ns = stamp_ns
        return Observation(stamp_ns, dt_s, values, ages_s)

    def _silence(self, now_ns: int) -> Problem | None:
        assert self._began_ns is not None
        never = self._heard_ns is None
        since_ns = self._began_ns if self._heard_ns is None else self._heard_ns
        return self._clock.silence(never, (now_ns - since_ns) / NANOSECONDS)


def _stream(name: str, card: PolicyCard, settings: SafetySettings) -> Stream:
    wanted = card.inputs[name]
    try:
        return STREAMS.get(wanted.kind)(wanted, card.timing, settings)
    except KeyError as missing:
        reason = f"expected the setting {missing}, found {', '.join(wanted.settings) or 'none'}"
    except (TypeError, ValueError) as wrong:
        reason = str(wrong)
    raise ConfigError(f"input '{name}' of kind '{wanted.kind}': {reason}; export the policy again")
