"""ArduCopter's end of its DDS: GUIDED takes velocities in ``map``, and forgets them after 3 s."""

from __future__ import annotations

from fakes.autopilot import Autopilot
from geometry_msgs.msg import PoseStamped, TwistStamped
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

LOITER, GUIDED = 5, 4
TIMEOUT_S = 3.0
SENSOR = QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT)
STATUS = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class ArduPilot(Autopilot):
    """A copter; its status is sent only when it changes, as some releases do."""

    def __init__(self):
        from ardupilot_msgs.msg import Status

        super().__init__()
        node = Node("ardupilot_dds")
        self.nodes = [node]
        self.status = Status(
            vehicle_type=Status.APM_ARDUCOPTER, mode=LOITER, external_control=True
        )
        self._said = None
        self._statuses = node.create_publisher(Status, "/ap/status", STATUS)
        self._poses = node.create_publisher(PoseStamped, "/ap/pose/filtered", SENSOR)
        node.create_subscription(TwistStamped, "/ap/cmd_vel", self._on_velocity, SENSOR)

    @property
    def flown(self):
        return self.status.mode == GUIDED and self.armed

    def think(self, truth):
        status = self.status
        status.armed = status.flying = self.armed
        if self.wanted != (status.mode == GUIDED):
            status.mode, self.setpoint = (GUIDED if self.wanted else LOITER), None
        if self.setpoint is not None and self.time_s - self.setpoint_s > TIMEOUT_S:
            self.setpoint, self.losses = None, self.losses + 1
        state = status.armed, status.mode, status.vehicle_type, status.external_control
        if state != self._said:
            self._said = state
            self._statuses.publish(status)
        if self.due("pose", 0.03):
            pose = PoseStamped()
            pose.header.frame_id = "base_link"  # as it is, though the numbers are in the world
            q = pose.pose.orientation
            q.w, q.x, q.y, q.z = truth.quaternion
            self._poses.publish(pose)

    def _on_velocity(self, message):
        v, w = message.twist.linear, message.twist.angular
        if not self.flown:
            self.unasked(f"velocity in mode {self.status.mode}")
        if message.header.frame_id != "map":
            self.wrong(f"frame {message.header.frame_id}")
        self.take((v.y, v.x, -v.z, -w.z))
