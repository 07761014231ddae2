"""The policy as a lifecycle node: the card's inputs in, safe commands out.

Topics (relative): each input by its name in, what the platform makes of commands and
``~/status`` out. All thinking is in ``Pilot``; one thread serves everything, since a
step takes a fraction of a millisecond and silence, not a second thread, is what
hands a hung pilot's vehicle back to its autopilot.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.duration import Duration
from rclpy.executors import SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.signals import SignalHandlerOptions

from ..contract import NANOSECONDS, TICK, CommandCard, Event
from ..errors import ConfigError, LiquidControlError
from ..parameters import Parameters, Setting, value
from ..pipeline import Pilot, PilotStep
from ..platforms import PLATFORMS
from ..policy import load_policy
from ..safety.fence import Fence
from ..safety.limits import Limits
from ..safety.settings import SafetySettings
from . import fence, sticks
from . import settings as names
from .lockstep import Lockstep
from .process import run
from .reporter import Reporter
from .sources import SOURCES, Source
from .views import VIEWS

SAFETY_NAMES = {setting.name for setting in names.SAFETY}
WATCHDOG_S = 0.05
CLOCK_STOPPED_S = 0.25
"""Where the clock of the stamps has not moved for so long, the steady clock goes on for it."""
ARRIVED_S = 0.1
"""How long a last command may take to arrive."""


class PolicyNode(LifecycleNode):
    """Flies one policy; each transition does one thing, cleanup undoes configure."""

    def __init__(self, **options: Any) -> None:
        super().__init__("policy_node", **options)
        self._configured = self._active = False
        self._sources: dict[str, Source] = {}
        self._recorder: Any = None
        self._opened = ExitStack()
        self._latched: dict[str, Any] = {}
        self.values = Parameters(self, self._fixed, _contradiction)
        self.values.declare(names.NODE)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Verify the model and open the topics; what does not fit is refused."""
        try:
            self._configure()
        except LiquidControlError as error:
            self.get_logger().error(str(error))
            self._close()
            return TransitionCallbackReturn.FAILURE
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Begin a flight: zero state, nothing seen, the operator's limits as they are now."""
        try:
            self._begin()
        except LiquidControlError as error:
            self.get_logger().error(str(error))
            return TransitionCallbackReturn.FAILURE
        self._active = True
        done = super().on_activate(state)
        self._begin_flight()
        return done

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Brake and fall silent, so that the autopilot takes over."""
        self.brake()
        self._active = False
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Close the topics and forget the model."""
        self._close()
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Brake, fall silent and close whatever is open."""
        self.brake()
        self._close()
        return TransitionCallbackReturn.SUCCESS

    def brake(self) -> None:
        """Send one last command, rest: a vehicle may go on for long with what it was told last."""
        if self._active and self._pilot.gate.may_publish and not self._platform.silent_because():
            self._platform.publish(self._policy.card.command.rest, self._now_ns())
            for publisher in self.publishers:  # a process that ends takes with it what is queued
                publisher.wait_for_all_acked(Duration(seconds=ARRIVED_S))

    def destroy_node(self) -> None:
        """Close whatever is open, then go."""
        self.close_recording()
        self._opened.close()
        super().destroy_node()

    def close_recording(self) -> None:
        """Finish the recording's file, if there is one."""
        if self._recorder is not None:
            self._recorder.close()
            self._recorder = None

    def _configure(self) -> None:
        model, name = self.values[names.MODEL], self.values[names.PLATFORM]
        if not model:
            raise ConfigError("parameter model is empty; set it to a policy file, .onnx")
        self._policy = policy = load_policy(
            model, self.values[names.PROVIDER], self.values[names.THREADS]
        )
        card = policy.card
        self._platform = PLATFORMS.get(name)()
        self._platform.check(card.command, name)
        self._limits, self._rates = names.limits_of(card.command), names.rates_of(card.command)
        sources = [*self._choose_sources(), *self._sticks(card.command), *self._whereabouts()]
        self.values.declare([*self._limits, *self._rates, *self._platform.settings()])
        self.values.declare([s for source in sources for s in source.settings()])
        self.values.refuse_unknown(("limits.", "rates."))
        self._pilot = self._make_pilot()
        self._open(sources)
        self._configured = True
        self.get_logger().info(
            f"{card.name} {policy.sha256[:12]} on {policy.provider}, {card.parameters} "
            f"parameters, inputs {', '.join(card.inputs)}, platform {name}"
        )

    def _open(self, sources: list[Source]) -> None:
        """Make the topics; ``_close`` takes them back in reverse order."""
        about = {"provider": self._policy.provider, "model_sha256": self._policy.sha256}
        lockstep, opened = self.values[names.LOCKSTEP], self._opened
        self._platform.open(self, self.values[names.FRAME_ID])
        opened.callback(self._platform.close)
        reporter = Reporter(self, about, self._sources, self._latched)
        self._reporter = opened.enter_context(closing(reporter))
        model, shown = Path(self.values[names.MODEL]), self.values[names.SHOW].split(",")
        self._views = [
            opened.enter_context(closing(VIEWS.get(name.strip())(self, self._policy, model)))
            for name in filter(None, shown)
        ]
        self._lockstep = None
        if lockstep:
            self._lockstep = opened.enter_context(closing(Lockstep(self, self._pilot, self._fly)))
        # The clock comes last: what was sent before a frame is then taken before it.
        for source in sorted(sources, key=lambda s: s.name == self._policy.card.clock):
            self._sources[source.name] = source
            source.open(self, self._take, lockstep)
            opened.callback(source.close, self)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        watchdog = self.create_timer(WATCHDOG_S, self._on_watchdog, clock=steady)
        opened.callback(self.destroy_timer, watchdog)

    def _sticks(self, card: CommandCard) -> list[Source]:
        """Return the sticks of a person who may take over, if a topic is named."""
        self.values.declare(sticks.SETTINGS)
        if not self.values[sticks.TOPIC]:
            return []
        if self.values[names.LOCKSTEP]:
            raise ConfigError("takeover.topic: nobody takes over in lockstep; set it to ''")
        return [sticks.Sticks(card)]

    def _whereabouts(self) -> list[Source]:
        """Return the odometry of the fence, if there is one."""
        self.values.declare(fence.SETTINGS)
        if not self._fence().stands:
            return []
        if not self.values[fence.TOPIC]:
            raise ConfigError("fence.topic: a fence needs the vehicle's odometry; name its topic")
        if self.values[names.LOCKSTEP]:
            raise ConfigError("fence: there is none in lockstep; leave its limits out")
        return [fence.Whereabouts()]

    def _fence(self) -> Fence:
        return Fence(**{s.name.partition(".")[2]: self.values[s] for s in fence.LIMITS})

    def _choose_sources(self) -> list[Source]:
        """Return the source of each input: by its kind, or the one that a parameter names."""
        chosen = []
        for name, card in self._policy.card.inputs.items():
            setting = Setting(f"sources.{name}", card.kind, "source's name, or file.py:Class")
            self.values.declare([setting])
            chosen.append(SOURCES.get(self.values[setting])(name, card))
        return chosen

    def _make_pilot(self) -> Pilot:
        """Return a pilot with the operator's settings and limits of now."""
        settings = SafetySettings(**{s.name: self.values[s] for s in names.SAFETY})
        tops = {s.name.partition(".")[2]: self.values[s] for s in self._limits}
        rates = {s.name.partition(".")[2]: self.values[s] for s in self._rates}
        limits = Limits.of(self._policy.card.command, tops, rates)
        return Pilot(self._policy, settings, limits, self._fence())

    def _begin(self) -> None:
        self._pilot = self._make_pilot()
        if self._lockstep is not None:
            self._lockstep.pilot = self._pilot
            self._lockstep.reset()
        self._open_recording()
        self._reporter.begin(self._pilot)
        self._clock_ns, self._clock_moved_at = self._now_ns(), time.monotonic()

    def _begin_flight(self) -> None:
        """Forget what was before; an order that was given before the flight still counts."""
        self._pilot.reset()
        if self._recorder is not None:
            self._recorder.begin()
        if self._lockstep is None:
            for source, found in self._latched.items():
                self._fly(Event(self._now_ns(), source, found))

    def _open_recording(self) -> None:
        """Open the recording at the first activation."""
        path = self.values[names.RECORD]
        if path and self._recorder is None:
            try:
                from ..record.recorder import Recorder
            except ImportError as error:
                raise ConfigError(
                    f"recording needs {error.name}; run: pip install 'liquid_control[record]'"
                ) from None
            lockstep, model = self.values[names.LOCKSTEP], Path(self.values[names.MODEL])
            self._recorder = Recorder(Path(path), self._pilot, model, lockstep)
            self.get_logger().info(f"recording to {self._recorder.path}")

    def _close(self) -> None:
        self._active = self._configured = False
        self.close_recording()
        self._opened.close()
        self._sources.clear()
        self._latched.clear()
        self.values.forget(names.NODE)

    def _take(self, source: str, found: Any) -> None:
        """Take what has arrived for an input; an order given before the flight still counts."""
        if self._sources[source].latched:
            self._latched[source] = found
        if not self._active:
            return
        self._reporter.hear(source)
        if self._lockstep is not None:
            self._lockstep.add(source, found)
        else:
            self._watch_clock()
            self._fly(Event(self._now_ns(), source, found))

    def _on_watchdog(self) -> None:
        """See what does not arrive, on the steady clock: /clock may have stopped as well."""
        if not self._active or self._lockstep is not None:
            return
        self._watch_clock()
        now_ns, stopped_s = self._now_ns(), time.monotonic() - self._clock_moved_at
        if stopped_s > CLOCK_STOPPED_S:
            now_ns += int(stopped_s * NANOSECONDS)
        self._fly(Event(now_ns, TICK))

    def _watch_clock(self) -> None:
        """Notice when the clock moves; a simulator's that starts at last begins the flight."""
        before_ns, now_ns = self._clock_ns, self._now_ns()
        if now_ns != before_ns:
            self._clock_ns, self._clock_moved_at = now_ns, time.monotonic()
            if before_ns == 0:
                self._begin_flight()

    def _now_ns(self) -> int:
        """Return the present on the clock of the stamps; 0 before a simulator has told it."""
        return self.get_clock().now().nanoseconds

    def _fly(self, event: Event) -> PilotStep | None:
        """Let the pilot take an event: the command goes out first, then what stands beside it."""
        step = self._pilot.take(event)
        silence = ""
        hung = "" if step is None else self._hung_since(event)
        if step is not None and step.command is not None and not hung:
            silence = self._platform.silent_because()
            if not silence:
                stamp_ns = event.now_ns if step.stamp_ns is None else step.stamp_ns
                self._platform.publish(step.command, stamp_ns)
            else:
                self._platform.stand_by()
        if self._recorder is not None:
            self._recorder.add(event, step)
            self._watch_recording()
        if step is not None and step.observation is not None:
            for view in self._views:
                view.show(step.observation)
        if step is not None:
            self._reporter.report(step, event.now_ns, hung or silence, event.source != TICK)
        return step

    def _hung_since(self, event: Event) -> str:
        """Return why what was decided at an event must not go out: it took too long to decide.

        The next event then shows the pilot that it has hung.
        """
        took_s = (self._now_ns() - event.now_ns) / NANOSECONDS
        if self._lockstep is not None or took_s <= self._pilot.settings.hung_after_s:
            return ""
        return f"not told: the pilot hung for {took_s:.1f} s"

    def _watch_recording(self) -> None:
        if self._recorder.problem is not None:
            self.get_logger().warning(f"recording has stopped: {self._recorder.problem}")
            self.close_recording()

    def _fixed(self, name: str) -> str:
        """Return why a parameter cannot change now: what would have no effect is refused."""
        if self._active:
            return f"{name}: cannot change while the policy is active; deactivate it first"
        adjustable = name in SAFETY_NAMES or name.startswith(("limits.", "rates."))
        if self._configured and not adjustable:
            return f"{name}: is read when the node is configured; clean it up first"
        if self._recorder is not None:
            return f"{name}: stands in the recording that is being written; clean up first"
        return ""


def _contradiction(values: dict[str, Any]) -> str:
    """Return what is wrong with the timeouts taken together."""
    if not values.keys() >= SAFETY_NAMES:
        return ""
    try:
        SafetySettings(**{name: values[name] for name in SAFETY_NAMES})
    except ConfigError as error:
        return str(error)
    return ""


def main(args: list[str] | None = None) -> int:
    """Run the node; with ``autostart`` it configures and activates itself, or exits with 1.

    rclpy's own handlers would close ROS before a last command could go out.
    """
    stop = threading.Event()
    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, lambda *_: stop.set())
    without = SignalHandlerOptions.NO
    return run(PolicyNode, partial(_fly_until, stop), args, signal_handler_options=without)


def _fly_until(stop: threading.Event, node: PolicyNode) -> int:
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    if value(node, names.AUTOSTART) and not _start(node):
        return 1
    while rclpy.ok() and not stop.is_set():
        executor.spin_once(timeout_sec=WATCHDOG_S)
    node.brake()
    return 0


def _start(node: PolicyNode) -> bool:
    success = TransitionCallbackReturn.SUCCESS
    return node.trigger_configure() == success and node.trigger_activate() == success


if __name__ == "__main__":
    sys.exit(main())
