"""The policy as a lifecycle node: camera and IMU in, a safe velocity command out.

Topics (relative): ``image`` and ``imu`` in, ``command_velocity`` and ``~/status``
out. All thinking is in ``Pilot``; one thread serves everything, since a step
takes a fraction of a millisecond and silence, not a second thread, is what
hands a hung pilot's vehicle back to its autopilot.
"""

from __future__ import annotations

import sys
import time
from dataclasses import fields
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import TwistStamped
from rclpy.clock import Clock, ClockType
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.qos import QoSProfile, ReliabilityPolicy, qos_profile_sensor_data
from sensor_msgs.msg import Image, Imu

from ..errors import ImageError, LiquidControlError
from ..faults import Fault
from ..observation import Frame
from ..pipeline import Pilot, PilotStep
from ..platforms.twist import to_twist
from ..runtime import load_policy
from ..safety import SafetySettings
from .conversions import to_frame, to_imu_sample, to_ns, to_status

WATCHDOG_S = 0.05
IMU_WAIT_S = 0.05


class PolicyNode(LifecycleNode):
    """Flies one policy; each transition does one thing, cleanup undoes configure."""

    def __init__(self) -> None:
        super().__init__("policy_node")
        self.declare_parameter("model", "")
        self.declare_parameter("provider", "cpu")
        self.declare_parameter("threads", 1)
        self.declare_parameter("frame_id", "base_link")
        self.declare_parameter("lockstep", False)
        self.declare_parameter("autostart", False)
        for field in fields(SafetySettings):
            self.declare_parameter(field.name, float(field.default))  # type: ignore[arg-type]
        self._pilot: Pilot | None = None
        self._active = False

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Verify the model and open the topics; a policy that does not verify is refused."""
        settings = SafetySettings(
            **{f.name: self._parameter(f.name) for f in fields(SafetySettings)}
        )
        try:
            policy = load_policy(
                self._parameter("model"), self._parameter("provider"), self._parameter("threads")
            )
        except LiquidControlError as error:
            self.get_logger().error(str(error))
            return TransitionCallbackReturn.FAILURE
        self._pilot = Pilot(policy, settings)
        self._lockstep = self._parameter("lockstep")
        self._frame_id = self._parameter("frame_id")
        sensors, imu_depth = qos_profile_sensor_data, 50
        image_qos = QoSProfile(depth=1, reliability=sensors.reliability)
        imu_qos = QoSProfile(depth=imu_depth, reliability=sensors.reliability)
        if self._lockstep:
            image_qos.reliability = imu_qos.reliability = ReliabilityPolicy.RELIABLE
            imu_qos.depth = 1000
        self._image = self.create_subscription(Image, "image", self._on_image, image_qos)
        self._imu = self.create_subscription(Imu, "imu", self._on_imu, imu_qos)
        self._command = self.create_lifecycle_publisher(TwistStamped, "command_velocity", 1)
        self._status = self.create_lifecycle_publisher(DiagnosticArray, "~/status", 10)
        self._watchdog = self.create_timer(
            WATCHDOG_S, self._on_watchdog, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )
        self.get_logger().info(
            f"{policy.card.name} {policy.sha256[:12]} on {policy.provider}, "
            f"{policy.card.parameters} parameters"
        )
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Begin a flight: zero state, no frame seen."""
        assert self._pilot is not None
        self._pilot.reset()
        self._pending: Frame | None = None
        self._pending_since = self._arrived = time.monotonic()
        self._newest_imu_ns = -1
        self._now_ns = 0
        self._fault: Fault | None = None
        self._active = True
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Fall silent, so that the autopilot takes over."""
        self._active = False
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Close the topics and forget the model."""
        self._close()
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Fall silent and close whatever is open."""
        self._active = False
        self._close()
        return TransitionCallbackReturn.SUCCESS

    def _close(self) -> None:
        if self._pilot is None:
            return
        self._pilot = None
        self.destroy_timer(self._watchdog)
        self.destroy_subscription(self._image)
        self.destroy_subscription(self._imu)
        self.destroy_publisher(self._command)
        self.destroy_publisher(self._status)

    def _parameter(self, name: str) -> Any:
        return self.get_parameter(name).value

    def _on_imu(self, message: Imu) -> None:
        if self._active and self._pilot is not None:
            sample = to_imu_sample(message)
            self._newest_imu_ns = max(self._newest_imu_ns, sample.stamp_ns)
            self._pilot.add_imu(sample)
            self._step_when_aligned()

    def _on_image(self, message: Image) -> None:
        if not self._active or self._pilot is None:
            return
        self._arrived = time.monotonic()
        stamp_ns = to_ns(message.header.stamp)
        self._now_ns = stamp_ns if self._lockstep else self.get_clock().now().nanoseconds
        try:
            frame = to_frame(message)
        except ImageError as error:
            self.get_logger().error(str(error), throttle_duration_sec=5.0)
            self._publish(self._pilot.step(Fault.CAMERA_INVALID, self._now_ns))
            return
        self._pending, self._pending_since = frame, self._arrived
        self._step_when_aligned()

    def _step_when_aligned(self, patience_over: bool = False) -> None:
        """Step once the inertial samples up to the frame are there, or are late."""
        frame, pilot = self._pending, self._pilot
        if frame is None or pilot is None:
            return
        late = patience_over or not pilot.policy.card.uses_imu
        if late or self._newest_imu_ns >= frame.stamp_ns:
            self._pending = None
            self._publish(pilot.step(frame, self._now_ns))

    def _on_watchdog(self) -> None:
        """See what does not arrive, on the steady clock: /clock may have stopped as well."""
        if not self._active or self._pilot is None:
            return
        now = time.monotonic()
        if self._pending is not None and now - self._pending_since > IMU_WAIT_S:
            self._step_when_aligned(patience_over=True)
        elif not self._lockstep:
            now_ns = self._now_ns + int((now - self._arrived) * 1e9)
            self._publish(self._pilot.step(None, now_ns))

    def _publish(self, step: PilotStep) -> None:
        """Publish a decision: the command first, then what stands beside it."""
        pilot = self._pilot
        assert pilot is not None
        if step.command is not None:
            now_ns = self.get_clock().now().nanoseconds
            stamp_ns = now_ns if step.stamp_ns is None else step.stamp_ns
            self._command.publish(to_twist(step.command, stamp_ns, self._frame_id))
        if step.stamp_ns is not None or step.fault is not None:
            name, policy = self.get_fully_qualified_name(), pilot.policy
            status = to_status(step, self._now_ns, name, policy.provider, policy.sha256)
            self._status.publish(status)
        if step.fault is not self._fault:
            self._fault = step.fault
            text = f"{step.mode.value}: {step.fault.value if step.fault else 'clear'}"
            self.get_logger().warning(text)


def main(args: list[str] | None = None) -> int:
    """Run the node; with ``autostart`` it configures and activates itself, or exits with 1."""
    rclpy.init(args=args)
    node = PolicyNode()
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        if node.get_parameter("autostart").value and not _start(node):
            return 1
        executor.spin()
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        executor.shutdown()
        node.destroy_node()
        rclpy.try_shutdown()
    return 0


def _start(node: PolicyNode) -> bool:
    success = TransitionCallbackReturn.SUCCESS
    return node.trigger_configure() == success and node.trigger_activate() == success


if __name__ == "__main__":
    sys.exit(main())
