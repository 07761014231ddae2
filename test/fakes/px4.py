"""PX4's end of uXRCE-DDS, as releases from 1.18 on have it: what it takes, and when."""

from __future__ import annotations

import numpy as np
from fakes.autopilot import Autopilot, heading
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

POSITION, LOITER, OFFBOARD = 2, 4, 14
LOSS_S, STREAM_HZ = 1.0, 2.0
"""COM_OF_LOSS_T, and what it takes for a stream of proofs of life."""
IN = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)
OUT = QoSProfile(
    depth=1,
    reliability=ReliabilityPolicy.BEST_EFFORT,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)


class Px4(Autopilot):
    """Flies any setpoint in any mode, as PX4 does, and calls that wrong."""

    def __init__(self, place="/fmu", system_id=1, status_version="_v4"):
        from px4_msgs.msg import (
            OffboardControlMode,
            TrajectorySetpoint,
            VehicleLocalPosition,
            VehicleStatus,
        )

        super().__init__()
        self.status = VehicleStatus(
            nav_state=POSITION, arming_state=VehicleStatus.ARMING_STATE_ARMED, system_id=system_id
        )
        self.position = VehicleLocalPosition(
            v_xy_valid=True, v_z_valid=True, heading_good_for_control=True
        )
        node = Node("uxrce_dds_client")
        self.nodes = [node]
        node.create_subscription(
            OffboardControlMode, f"{place}/in/offboard_control_mode", self._on_life, IN
        )
        self._setpoint_topic = f"{place}/in/trajectory_setpoint"
        node.create_subscription(TrajectorySetpoint, self._setpoint_topic, self._on_setpoint, IN)
        self._statuses = node.create_publisher(
            VehicleStatus, f"{place}/out/vehicle_status{status_version}", OUT
        )
        self._positions = node.create_publisher(
            VehicleLocalPosition, f"{place}/out/vehicle_local_position_v1", OUT
        )
        self.lives_s: list[float] = []

    @property
    def flown(self):
        return self.armed and self.status.nav_state == OFFBOARD

    def think(self, truth):
        before, status = self.status.nav_state, self.status
        alive = self._streams()
        if status.nav_state == OFFBOARD and not alive:
            status.nav_state, self.setpoint = LOITER, None
            self.losses += 1
        elif self.wanted and alive:
            status.nav_state = OFFBOARD
        elif not self.wanted and status.nav_state == OFFBOARD:
            status.nav_state, self.setpoint = POSITION, None
        status.arming_state = 2 if self.armed else 1
        if status.nav_state != before or self.due("status", 0.5):
            self._statuses.publish(status)
        if self.due("position", 0.02):
            self.position.heading = heading(truth)
            self._positions.publish(self.position)

    def qos_of_setpoints(self):
        """Return the quality of service of whoever sends setpoints."""
        (sender,) = self.nodes[0].get_publishers_info_by_topic(self._setpoint_topic)
        return sender.qos_profile

    def _streams(self):
        """Return whether proofs of life come, fast enough and until now."""
        recent = [at for at in self.lives_s if self.time_s - at <= LOSS_S]
        return len(recent) > STREAM_HZ * LOSS_S

    def _on_life(self, life):
        self.lives_s.append(self.time_s)
        others = life.position, life.acceleration, life.attitude, life.body_rate
        if not life.velocity or any(others):
            self.wrong(f"offboard control of {life}")
        self._check_clock(life)

    def _on_setpoint(self, setpoint):
        self._check_clock(setpoint)
        if not self.flown:
            self.unasked(f"setpoint in mode {self.status.nav_state}")
        if not np.isnan([*setpoint.position, *setpoint.acceleration, setpoint.yaw]).all():
            self.wrong(f"position, acceleration or yaw controlled by {setpoint}")
        self.take((*map(float, setpoint.velocity), float(setpoint.yawspeed)))

    def _check_clock(self, message):
        now_us = self.nodes[0].get_clock().now().nanoseconds / 1000
        if abs(now_us - message.timestamp) > 1e6:
            self.wrong(f"a time of {message.timestamp} us, now {now_us:.0f}")
