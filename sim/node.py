"""The flight world as a ROS 2 node: sensors and /clock out, velocity commands in.

In lockstep it waits for the answer to every frame, so a flight on topics is the
same as one in-process; in real time it keeps the pace of the wall clock.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import TwistStamped
from nav_msgs.msg import Odometry
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, Image, Imu

from liquid_control.contract import NANOSECONDS, STOP, Command
from liquid_control.errors import LiquidControlError
from liquid_control.nodes.conversions import status_values, to_stamp
from liquid_control.platforms.twist import from_twist

from .evaluation import EVALUATION_SEED
from .film import Film
from .flight import Flight, FlightRecorder
from .messages import to_camera_info, to_image, to_imu, to_odometry
from .perturb import perturb, set_rate
from .viewer import open_viewer
from .world import TICK_S, SensorFrame, World, WorldSettings

PAUSE_NS = 3 * NANOSECONDS
ANSWER_TIMEOUT_S = 10.0
COMMAND_TIMEOUT_S = 0.5


class NoAnswerError(LiquidControlError):
    """Nobody answered a frame in lockstep."""


class SimNode(Node):
    """Flies ``episodes`` seeds, one after the other, on one clock that only goes forward."""

    def __init__(self) -> None:
        super().__init__("sim_node")
        self.declare_parameter("seed", EVALUATION_SEED)
        self.declare_parameter("episodes", 0)
        self.declare_parameter("lockstep", False)
        self.declare_parameter("perturb", "none")
        self.declare_parameter("rate_hz", 0.0)
        self.declare_parameter("run_dir", "")
        self.declare_parameter("viewer", False)
        self.settings = perturb(WorldSettings(), self.parameter("perturb"))
        if self.parameter("rate_hz") > 0:
            self.settings = set_rate(self.settings, self.parameter("rate_hz"))
        self.world = World(self.settings)
        self._viewer = open_viewer(self.world) if self.parameter("viewer") else None
        self._image = self.create_publisher(Image, "image", 2)
        self._info = self.create_publisher(CameraInfo, "camera_info", 2)
        self._imu = self.create_publisher(Imu, "imu", QoSProfile(depth=1000))
        self._odometry = self.create_publisher(Odometry, "odom", 2)
        self._clock_publisher = self.create_publisher(Clock, "/clock", 2)
        self.create_subscription(TwistStamped, "command_velocity", self._on_command, 10)
        self.create_subscription(DiagnosticArray, "policy_node/status", self._on_status, 100)
        self.executor_ = SingleThreadedExecutor()
        self.executor_.add_node(self)
        self._offset_ns = 0
        self._answers: dict[int, Command] = {}
        self._command, self._commanded_at = STOP, 0.0
        self.policy_ms: list[float] = []

    def parameter(self, name: str) -> Any:
        """Return a parameter's value."""
        return self.get_parameter(name).value

    def close(self) -> None:
        """Free the graphics before the interpreter does it in the wrong order."""
        if self._viewer is not None:
            self._viewer.close()
        self.world.close()

    def wait_for_pilot(self) -> None:
        """Return once somebody takes the images and somebody commands."""
        said = time.monotonic()
        while not (
            self._image.get_subscription_count() and self.count_publishers("command_velocity")
        ):
            self.executor_.spin_once(timeout_sec=0.1)
            if time.monotonic() - said > 5.0:
                said = time.monotonic()
                self.get_logger().info("waiting for a pilot on image and command_velocity")

    def fly_lockstep(self, seed: int, film: Film | None = None) -> Flight:
        """Fly one seed; every frame waits for its own command."""
        recorder, world = FlightRecorder(), self.world
        frame: SensorFrame | None = world.reset(seed)
        while frame is not None:
            self._publish(frame)
            command = self._answer(frame.stamp_ns + self._offset_ns)
            recorder.add(world, frame, command)
            if film is not None:
                film.shoot(world, frame)
            frame = world.step(command)
        self._offset_ns += world.now_ns + PAUSE_NS
        return recorder.finish(world, seed)

    def fly_real_time(self, seed: int, film: Film | None = None) -> Flight:
        """Fly one seed at the pace of the wall clock; the newest command counts."""
        recorder, world = FlightRecorder(), self.world
        frame: SensorFrame | None = world.reset(seed)
        start, start_ns = time.monotonic(), world.now_ns
        while world.outcome is None:
            if frame is not None:
                self._publish(frame)
                recorder.add(world, frame, self._current_command())
                if film is not None:
                    film.shoot(world, frame)
                if self._viewer is not None:
                    self._viewer.sync()
            due = start + (world.now_ns - start_ns) / NANOSECONDS + TICK_S
            self.executor_.spin_once(timeout_sec=max(0.0, due - time.monotonic()))
            while time.monotonic() < due:
                self.executor_.spin_once(timeout_sec=due - time.monotonic())
            world.advance(self._current_command())
            frame = world.poll()
        self._offset_ns += world.now_ns + PAUSE_NS
        return recorder.finish(world, seed)

    def _current_command(self) -> Command:
        """Return the newest command; a real autopilot stops when commands stop."""
        fresh = time.monotonic() - self._commanded_at < COMMAND_TIMEOUT_S
        return self._command if fresh else STOP

    def _publish(self, frame: SensorFrame) -> None:
        stamp_ns = frame.stamp_ns + self._offset_ns
        self._clock_publisher.publish(Clock(clock=to_stamp(frame.now_ns + self._offset_ns)))
        for sample in frame.imu:
            self._imu.publish(to_imu(sample, self._offset_ns))
        now_ns = frame.now_ns + self._offset_ns
        self._odometry.publish(to_odometry(self.world.vehicle_state(), now_ns))
        self._info.publish(to_camera_info(self.settings.camera, stamp_ns))
        self._image.publish(to_image(frame.image, stamp_ns))

    def _answer(self, stamp_ns: int) -> Command:
        """Wait for the command, or the word that there is none, for one frame."""
        deadline = time.monotonic() + ANSWER_TIMEOUT_S
        while stamp_ns not in self._answers:
            if time.monotonic() > deadline:
                raise NoAnswerError(
                    f"no command came for the frame at {stamp_ns / NANOSECONDS:.3f} s within "
                    f"{ANSWER_TIMEOUT_S:.0f} s; is the policy node alive and active?"
                )
            self.executor_.spin_once(timeout_sec=0.2)
        return self._answers.pop(stamp_ns)

    def _on_command(self, message: TwistStamped) -> None:
        command, stamp_ns = from_twist(message)
        self._answers[stamp_ns] = command
        self._command, self._commanded_at = command, time.monotonic()

    def _on_status(self, message: DiagnosticArray) -> None:
        values = status_values(message)
        if float(values["policy_ms"]):
            self.policy_ms.append(float(values["policy_ms"]))
        if values["stamp_ns"] and values["published"] == "false":
            self._answers[int(values["stamp_ns"])] = STOP


def fly_episodes(node: SimNode) -> None:
    """Fly the episodes that the parameters ask for and write each result as it falls."""
    seed, episodes = node.parameter("seed"), node.parameter("episodes")
    run_dir = Path(node.parameter("run_dir")) if node.parameter("run_dir") else None
    fly = node.fly_lockstep if node.parameter("lockstep") else node.fly_real_time
    node.wait_for_pilot()
    i = 0
    while episodes == 0 or i < episodes:
        film = Film(node.world) if run_dir is not None and i == 0 else None
        node.policy_ms.clear()
        node._answers.clear()
        start = time.perf_counter()
        flight = fly(seed + i, film)
        wall_s = time.perf_counter() - start
        node.executor_.spin_once(timeout_sec=0.05)
        node.get_logger().info(f"seed {seed + i}: {flight.outcome.value} at {flight.time_s:.2f} s")
        if run_dir is not None:
            if film is not None:
                film.save(flight, run_dir)
            _append(run_dir / "episodes.jsonl", flight, node.policy_ms, wall_s)
        i += 1


def _append(path: Path, flight: Flight, policy_ms: list[float], wall_s: float) -> None:
    line = {
        "seed": flight.seed,
        "outcome": flight.outcome.value,
        "time_s": flight.time_s,
        "wall_s": wall_s,
        "first_commands": flight.commands[:50].tolist(),
        "policy_ms": policy_ms,
    }
    with path.open("a") as file:
        file.write(json.dumps(line) + "\n")


def main(args: list[str] | None = None) -> int:
    """Run the world until its episodes are flown or it is interrupted."""
    rclpy.init(args=args)
    node: SimNode | None = None
    try:
        node = SimNode()
        fly_episodes(node)
    except LiquidControlError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, ExternalShutdownException):
        return 130
    finally:
        if node is not None:
            node.close()
        rclpy.try_shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
