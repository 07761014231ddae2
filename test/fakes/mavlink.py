"""The autopilot's end of a MAVLink line, byte for byte: PX4 or ArduCopter."""

from __future__ import annotations

import socket

from fakes.autopilot import Autopilot, heading
from pymavlink import mavutil

WORDS = mavutil.mavlink
PX4, ARDUPILOT = WORDS.MAV_AUTOPILOT_PX4, WORDS.MAV_AUTOPILOT_ARDUPILOTMEGA
FLOWN = {PX4: 6 << 16, ARDUPILOT: 4}
HELD = {PX4: 3 << 16, ARDUPILOT: 5}
"""Custom modes: OFFBOARD and GUIDED, POSCTL and LOITER."""
MASK = 0b0101_1100_0111
TIMEOUT_S = {PX4: 1.0, ARDUPILOT: 3.0}


class Mavlink(Autopilot):
    """Tells its attitude only after it has been asked to.

    PX4 accepts OFFBOARD only from a stream of setpoints, so zeros are what it is due before.
    """

    def __init__(self, autopilot=ARDUPILOT, system_id=1):
        super().__init__()
        self.autopilot, self.mode = autopilot, HELD[autopilot]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"udpin:127.0.0.1:{port}"
        self.system_id = system_id
        self._line = mavutil.mavlink_connection(
            f"udpout:127.0.0.1:{port}", source_system=system_id, source_component=1
        )
        self.asked = False
        self.stream_s: list[float] = []

    @property
    def flown(self):
        return self.armed and self.mode == FLOWN[self.autopilot]

    def think(self, truth):
        autopilot, before = self.autopilot, (self.mode, self.armed)
        recent = [at for at in self.stream_s if self.time_s - at <= TIMEOUT_S[autopilot]]
        if self.wanted and (autopilot == ARDUPILOT or len(recent) > 2):
            self.mode = FLOWN[autopilot]
        elif not self.wanted:
            self.mode, self.setpoint = HELD[autopilot], None
        if self.flown and not recent and self.setpoint is not None:
            self.setpoint, self.losses = None, self.losses + 1
        if self.due("heartbeat", 1.0) or (self.mode, self.armed) != before:
            self.beat()
        if self.asked and self.due("attitude", 0.05):
            self._line.mav.attitude_send(
                round(self.time_s * 1000), 0.0, 0.0, heading(truth), 0.0, 0.0, 0.0
            )

    def beat(self):
        """Send a heartbeat of now."""
        base = WORDS.MAV_MODE_FLAG_CUSTOM_MODE_ENABLED
        if self.armed:
            base |= WORDS.MAV_MODE_FLAG_SAFETY_ARMED
        self._line.mav.heartbeat_send(
            WORDS.MAV_TYPE_QUADROTOR, self.autopilot, base, self.mode, WORDS.MAV_STATE_ACTIVE
        )

    def poll(self):
        while (message := self._line.recv_match()) is not None:
            if message.get_type() == "COMMAND_LONG":
                self._on_command(message)
            elif message.get_type() == "SET_POSITION_TARGET_LOCAL_NED":
                self._on_setpoint(message)
            else:
                self.wrong(f"a message {message.get_type()}")

    def close(self):
        self._line.close()

    def _on_command(self, message):
        if message.command != WORDS.MAV_CMD_SET_MESSAGE_INTERVAL:
            self.wrong(f"command {message.command}")
        elif message.param1 == WORDS.MAVLINK_MSG_ID_ATTITUDE and message.param2 > 0:
            self.asked = True

    def _on_setpoint(self, message):
        self.stream_s.append(self.time_s)
        if (message.target_system, message.target_component) != (self.system_id, 1):
            self.wrong(f"setpoint for {message.target_system}/{message.target_component}")
        if message.coordinate_frame != WORDS.MAV_FRAME_LOCAL_NED:
            self.wrong(f"frame {message.coordinate_frame}")
        if message.type_mask != MASK:
            self.wrong(f"type mask {message.type_mask}")
        ned = (message.vx, message.vy, message.vz, message.yaw_rate)
        if self.flown:
            self.take(ned)
        elif self.autopilot == ARDUPILOT or any(ned):
            self.unasked(f"setpoint {ned} in mode {self.mode}")
