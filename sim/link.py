"""A pilot on the other side of ROS topics: what the world's sensors measure out, commands in."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import rclpy
from geometry_msgs.msg import TwistStamped
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from nav_msgs.msg import Odometry
from rclpy.duration import Duration
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import String

from liquid_control.contract import NANOSECONDS, TICK, Command, Event, Frame
from liquid_control.errors import LiquidControlError
from liquid_control.nodes.conversions import to_stamp
from liquid_control.nodes.lockstep import DONE_TOPIC, TURN_TOPIC
from liquid_control.pipeline import PilotStep
from liquid_control.platforms.twist import from_twist
from liquid_control.record.status import from_text
from liquid_control.safety.faults import Problem

from .messages import TYPES, to_camera_info, to_message, to_odometry
from .settings import GOAL
from .world import World

PAUSE_NS = 3 * NANOSECONDS
"""Between two flights on one clock, which only goes forward."""
ANSWER_TIMEOUT_S = 10.0
ODOMETRY_EVERY_NS = NANOSECONDS // 20
POLICY_NODE = "policy_node"


class NoAnswerError(LiquidControlError):
    """Nobody answered in lockstep, or the pilot went away."""


class Link:
    """The topics of one world, and the pilot at their other end.

    Attributes:
        seen: the newest frame that was sent.
        commanded_at: ``time.monotonic`` of the newest command.
    """

    def __init__(self, node: Node, world: World) -> None:
        self._node, self._world = node, world
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(node)
        settings = world.settings
        cards = {key: sensor.input() for key, sensor in settings.sensors.items()}
        vocabulary = settings.task.vocabulary()
        self._cards = cards if vocabulary is None else {**cards, GOAL: vocabulary}
        self._publishers = {key: self._publisher(key) for key in self._cards}
        self._info = node.create_publisher(CameraInfo, "camera_info", 10)
        self._odometry = node.create_publisher(Odometry, "odom", 10)
        self._clock = node.create_publisher(Clock, "/clock", 10)
        node.create_subscription(TwistStamped, "command_velocity", self._on_command, 100)
        self._states = node.create_client(GetState, f"{POLICY_NODE}/get_state")
        self._changes = node.create_client(ChangeState, f"{POLICY_NODE}/change_state")
        self._commands: list[tuple[Command, int]] = []
        self._offset_ns, self._last_ns = NANOSECONDS, 0  # at 0 a clock has not begun
        self._flown = self._sent = False
        self._odometry_ns = -ODOMETRY_EVERY_NS
        self.commanded_at = -1e9
        self.seen: Frame | None = None

    def wait(self) -> None:
        """Return once somebody takes what is measured, somebody commands, and is active."""
        said = time.monotonic()
        while not self._ready():
            self.spin(0.05)
            if time.monotonic() - said > 5.0:
                said = time.monotonic()
                topics = ", ".join(p.topic_name for p in self._publishers.values())
                self._node.get_logger().info(f"waiting for an active pilot on {topics}")

    def begin(self) -> None:
        """Begin a flight; the pilot's begins anew, if it is a policy_node."""
        if self._flown:
            self._offset_ns += self._last_ns + PAUSE_NS
            if self._changes.service_is_ready():
                self._change(Transition.TRANSITION_DEACTIVATE)
                self._change(Transition.TRANSITION_ACTIVATE)
        self._flown, self._sent, self._last_ns = True, False, 0
        self._odometry_ns = -ODOMETRY_EVERY_NS
        self._commands.clear()
        self.commanded_at = -1e9

    def stamp(self, now_ns: int) -> int:
        """Return a time of the world on the clock of the topics."""
        self._last_ns = max(self._last_ns, now_ns)
        return now_ns + self._offset_ns

    def publish(self, event: Event) -> None:
        """Send what a sensor measured, or an order."""
        card, truth = self._cards[event.source], self._world.truth()
        if isinstance(event.value, Frame):
            self.seen = event.value
            info = to_camera_info(event.value, event.value.stamp_ns + self._offset_ns)
            self._info.publish(info)
            if not self._sent:  # so that no frame overtakes its calibration
                self._info.wait_for_all_acked(Duration(seconds=1))
                self._sent = True
        message = to_message(event.value, card, truth, self._offset_ns)
        self._publishers[event.source].publish(message)

    def tell_time(self, now_ns: int) -> None:
        """Send the clock, and where the vehicle truly is."""
        stamp_ns = self.stamp(now_ns)
        self._clock.publish(Clock(clock=to_stamp(stamp_ns)))
        if now_ns - self._odometry_ns >= ODOMETRY_EVERY_NS:
            self._odometry_ns = now_ns
            self._odometry.publish(to_odometry(self._world.truth(), stamp_ns))

    def newest(self) -> Command | None:
        """Return the newest command since the last call; None if none came."""
        commands, self._commands = self._commands, []
        return commands[-1][0] if commands else None

    def next(self) -> Command:
        """Return the next command in order; wait for it.

        Raises:
            NoAnswerError: none came in time.
        """
        self.until(lambda: bool(self._commands), "no command came")
        return self._commands.pop(0)[0]

    def inputs_taken(self, names: list[str]) -> bool:
        """Return whether somebody takes each of these inputs that the world gives."""
        publishers = [self._publishers[n] for n in names if n in self._publishers]
        return all(p.get_subscription_count() for p in publishers)

    def until(self, happened: Callable[[], bool], otherwise: str) -> None:
        """Handle what arrives until something has happened.

        Raises:
            NoAnswerError: it has not for ten seconds.
        """
        deadline = time.monotonic() + ANSWER_TIMEOUT_S
        while not happened():
            if time.monotonic() > deadline:
                raise NoAnswerError(
                    f"{otherwise} within {ANSWER_TIMEOUT_S:.0f} s; "
                    f"is the node {POLICY_NODE} alive and active?"
                )
            self.spin(0.2)

    def spin(self, seconds: float) -> None:
        """Handle one thing that arrives within a time."""
        self.executor.spin_once(timeout_sec=max(0.0, seconds))

    def _publisher(self, key: str) -> Any:
        kind = self._cards[key].kind
        qos = QoSProfile(depth=1000)
        if kind == "goal":
            qos = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        elif kind == "image":
            qos = QoSProfile(depth=10)
        from sensor_msgs.msg import JointState

        return self._node.create_publisher(TYPES.get(kind, JointState), key, qos)

    def _ready(self) -> bool:
        taken = any(p.get_subscription_count() for p in self._publishers.values())
        if not (taken and self._node.count_publishers("command_velocity")):
            return False
        if not self._states.service_is_ready():
            return True  # not a lifecycle node: somebody's own pilot
        state = self._call(self._states, GetState.Request())
        return state is not None and state.current_state.id == State.PRIMARY_STATE_ACTIVE

    def _change(self, transition: int) -> None:
        request = ChangeState.Request(transition=Transition(id=transition))
        answer = self._call(self._changes, request)
        if answer is None or not answer.success:
            raise NoAnswerError(f"{POLICY_NODE} did not begin another flight; see its log")

    def _call(self, client: Any, request: Any) -> Any:
        future = client.call_async(request)
        rclpy.spin_until_future_complete(
            self._node, future, self.executor, timeout_sec=ANSWER_TIMEOUT_S
        )
        return future.result()

    def _on_command(self, message: TwistStamped) -> None:
        self._commands.append(from_twist(message))
        self.commanded_at = time.monotonic()


class LockstepPilot:
    """A policy_node as if it were a pilot of this process: ``flight.fly`` flies it.

    The world waits for the answer wherever the pilot may decide something, and says in which
    order it sent what; so a flight over topics is the same as one in-process.
    """

    def __init__(self, node: Node, link: Link) -> None:
        self._link = link
        self._turn = node.create_publisher(String, TURN_TOPIC, 1000)
        node.create_subscription(String, DONE_TOPIC, self._on_done, 1000)
        self._count, self._done, self._batch = 0, -1, []  # type: tuple[int, int, list[Any]]
        self._answer: dict[str, Any] = {}

    def meet(self) -> None:
        """Return once the pilot answers and takes its inputs.

        Raises:
            NoAnswerError: it does not.
        """
        deadline = time.monotonic() + ANSWER_TIMEOUT_S
        while self._done != self._count or not self._link.inputs_taken(self._answer["inputs"]):
            if time.monotonic() > deadline:
                raise NoAnswerError(
                    f"{POLICY_NODE} does not answer in lockstep; start it with lockstep:=true"
                )
            self._say([])
            self._link.spin(0.1)

    def reset(self) -> None:
        """Begin a flight."""
        self._link.begin()
        self._batch.clear()

    def take(self, event: Event) -> PilotStep | None:
        """Send an event; wait for what the pilot decided, where it may decide something."""
        link, answer = self._link, self._answer
        if event.source != TICK:
            link.publish(event)
        self._batch.append((event.source, link.stamp(event.now_ns)))
        if not answer["waiting"] and event.source not in (TICK, answer["clock"]):
            return None
        link.tell_time(event.now_ns)
        self._count += 1
        self._say(self._batch)
        self._batch = []
        link.until(lambda: self._done == self._count, "no answer came")
        said = self._answer["step"]
        if said is None:
            return None
        command = link.next() if said["published"] == "true" else None
        step = from_text(said, command)
        problem = None if step.fault is None else Problem(step.fault, step.detail)
        stamp_ns = None if step.stamp_ns is None else step.stamp_ns - link.stamp(0)
        return PilotStep(
            command,
            step.mode,
            problem,
            stamp_ns,
            step.dt_s,
            policy_ms=step.policy_ms,
            flown_by=step.flown_by,
        )

    def _say(self, events: list[Any]) -> None:
        self._turn.publish(String(data=json.dumps({"turn": self._count, "events": events})))

    def _on_done(self, message: String) -> None:
        self._answer = json.loads(message.data)
        self._done = self._answer["turn"]
