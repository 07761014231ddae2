"""MAVROS's plugins ``setpoint_velocity``, ``sys_status`` and ``local_position``, with a PX4."""

from __future__ import annotations

from fakes.autopilot import Autopilot
from geometry_msgs.msg import PoseStamped, TwistStamped
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, qos_profile_sensor_data

POSITION, LOITER, OFFBOARD = "POSCTL", "AUTO.LOITER", "OFFBOARD"
LOSS_S, STREAM_HZ = 1.0, 2.0
STATE = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class Mavros(Autopilot):
    """PX4 accepts OFFBOARD from a stream of setpoints; it looks at none before.

    A setpoint that moves before OFFBOARD is called wrong all the same.
    """

    def __init__(self, mav_frame="LOCAL_NED"):
        from mavros_msgs.msg import State

        super().__init__()
        node = Node("setpoint_velocity", namespace="mavros")
        node.declare_parameter("mav_frame", mav_frame)
        self.nodes = [node]
        self.state = State(connected=True, mode=POSITION)
        self._states = node.create_publisher(State, "/mavros/state", STATE)
        self._poses = node.create_publisher(
            PoseStamped, "/mavros/local_position/pose", qos_profile_sensor_data
        )
        topic = "/mavros/setpoint_velocity/cmd_vel"
        node.create_subscription(TwistStamped, topic, self._on_velocity, qos_profile_sensor_data)
        self.stream_s: list[float] = []

    @property
    def flown(self):
        return self.armed and self.state.mode == OFFBOARD

    def think(self, truth):
        state, before = self.state, (self.state.mode, self.state.armed)
        recent = [at for at in self.stream_s if self.time_s - at <= LOSS_S]
        alive = len(recent) > STREAM_HZ * LOSS_S
        if state.mode == OFFBOARD and not alive:
            state.mode, self.setpoint = LOITER, None
            self.losses += 1
        elif self.wanted and alive:
            state.mode = OFFBOARD
        elif not self.wanted and state.mode == OFFBOARD:
            state.mode, self.setpoint = POSITION, None
        state.armed = self.armed
        if self.due("state", 1.0) or (state.mode, state.armed) != before:
            self._states.publish(state)
        if self.due("pose", 0.03):
            pose = PoseStamped()
            pose.header.frame_id = "map"
            q = pose.pose.orientation
            q.w, q.x, q.y, q.z = truth.quaternion
            self._poses.publish(pose)

    def _on_velocity(self, message):
        self.stream_s.append(self.time_s)
        v, w = message.twist.linear, message.twist.angular
        if self.flown:
            self.take((v.y, v.x, -v.z, -w.z))
        elif any((v.x, v.y, v.z, w.z)):
            self.unasked(f"velocity in mode {self.state.mode}")
