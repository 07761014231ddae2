"""MAVLink without anything in between: SET_POSITION_TARGET_LOCAL_NED over a serial line or UDP.

It flies PX4 in OFFBOARD and ArduPilot in GUIDED, both of which look at their mode themselves as
well. A thread reads; commands are sent by the node. Nothing here arms or changes a mode: the only
thing that is asked of the autopilot is to tell its attitude.
"""

from __future__ import annotations

import math
import threading
import time
from typing import Any, ClassVar

from rclpy.lifecycle import LifecycleNode

from ..contract import STOP, Command
from ..errors import ConfigError
from ..parameters import Setting, value
from ._autopilot import News
from ._frames import flu_to_ned
from .base import Platform

VELOCITY_AND_YAW_RATE = 1479
"""POSITION_TARGET_TYPEMASK: ignore position, acceleration and yaw."""
READ_S, ASK_EVERY_S, ATTITUDE_EVERY_US = 0.1, 1.0, 50_000

URL = Setting("mavlink.url", "udpin:0.0.0.0:14540", "/dev/ttyTHS1, or udpin:, udpout:, tcp:")
BAUD = Setting("mavlink.baud", 921_600, "of a serial line", 1200, 4_000_000)
VEHICLE_ID = Setting("mavlink.vehicle_id", 1, "the autopilot's system id", 1, 250)
HEARTBEAT_S = Setting(
    "mavlink.heartbeat_timeout_s", 2.5, "an older heartbeat is not believed", 0.05, 10.0
)
ATTITUDE_S = Setting("mavlink.attitude_timeout_s", 0.5, "nor is an older attitude", 0.05, 2.0)


class MavlinkPlatform(Platform):
    """PX4 or ArduPilot at the other end of a line."""

    accepts: ClassVar[frozenset[str]] = frozenset({"velocity"})

    def settings(self) -> list[Setting]:
        """Return the line, whom to listen to, and how old news may be."""
        return [URL, BAUD, VEHICLE_ID, HEARTBEAT_S, ATTITUDE_S]

    def open(self, node: LifecycleNode, frame_id: str) -> None:
        """Open the line and read it from now on.

        Raises:
            ConfigError: pymavlink is not installed, or the line cannot be opened.
        """
        url, self._vehicle_id = value(node, URL), value(node, VEHICLE_ID)
        self._util, self._line = _open_line(url, value(node, BAUD), self._vehicle_id)
        self._words = self._util.mavlink
        self._modes = {
            self._words.MAV_AUTOPILOT_PX4: "OFFBOARD",
            self._words.MAV_AUTOPILOT_ARDUPILOTMEGA: "GUIDED",
        }
        what = f"of vehicle {self._vehicle_id} on {url}"
        self._heartbeat = News[Any](f"a heartbeat {what}", value(node, HEARTBEAT_S))
        self._yaw = News[float](f"the attitude {what}", value(node, ATTITUDE_S))
        self._began, self._asked, self._lost = time.monotonic(), -ASK_EVERY_S, ""
        self._closing = threading.Event()
        self._reader = threading.Thread(target=self._read, name="mavlink", daemon=True)
        self._reader.start()

    def publish(self, command: Command, stamp_ns: int) -> None:
        """Send the velocity, turned into the world by the heading alone."""
        self._send(command, self._yaw.newest)

    def stand_by(self) -> None:
        """Send zero to a PX4 that waits for a sign of life; it flies none before OFFBOARD."""
        if (
            not self._unable()
            and self._heartbeat.newest.autopilot == self._words.MAV_AUTOPILOT_PX4
        ):
            self._send(STOP, 0.0)

    def silent_because(self) -> str:
        """Return why the autopilot could not be flown, or does not want to be."""
        return self._unable() or self._unwanted()

    def close(self) -> None:
        """Stop reading and close the line."""
        self._closing.set()
        self._reader.join()
        self._line.close()

    def _send(self, command: Command, yaw_rad: float) -> None:
        forward_m_s, left_m_s, up_m_s, yaw_rate_rad_s = command.values
        velocity = flu_to_ned((forward_m_s, left_m_s, up_m_s), yaw_rad)
        try:
            self._line.mav.set_position_target_local_ned_send(
                round((time.monotonic() - self._began) * 1000),
                self._vehicle_id,
                self._words.MAV_COMP_ID_AUTOPILOT1,
                self._words.MAV_FRAME_LOCAL_NED,
                VELOCITY_AND_YAW_RATE,
                *(0.0, 0.0, 0.0),
                *velocity,
                *(0.0, 0.0, 0.0),
                0.0,
                -yaw_rate_rad_s,  # clockwise, seen from above
            )
        except OSError as error:
            self._lost = str(error)

    def _unable(self) -> str:
        """Return what is not known that flying needs."""
        if self._lost:
            return f"the line has failed: {self._lost}"
        missing = self._heartbeat.silence()
        if missing:
            return missing
        autopilot = self._heartbeat.newest.autopilot
        if autopilot not in self._modes:
            return f"expected PX4 or ArduPilot, found MAV_AUTOPILOT {autopilot}"
        return self._yaw.silence()

    def _unwanted(self) -> str:
        """Return what a person has not done yet, or has undone."""
        heartbeat = self._heartbeat.newest
        if not heartbeat.base_mode & self._words.MAV_MODE_FLAG_SAFETY_ARMED:
            return "the autopilot is disarmed"
        found, wanted = self._util.mode_string_v10(heartbeat), self._modes[heartbeat.autopilot]
        return "" if found == wanted else f"the autopilot is in mode {found}, not in {wanted}"

    def _read(self) -> None:
        """Take what arrives until the line is closed; a line that fails says why."""
        while not self._closing.is_set():
            try:
                message = self._line.recv_match(
                    type=["HEARTBEAT", "ATTITUDE"], blocking=True, timeout=READ_S
                )
                self._ask_for_attitude()
                self._lost = ""
            except OSError as error:
                self._lost = str(error)
                self._closing.wait(READ_S)
                continue
            if message is not None:
                self._take(message)

    def _take(self, message: Any) -> None:
        """Keep a message of the autopilot itself; a ground station's heart beats as well."""
        source = message.get_srcSystem(), message.get_srcComponent()
        if source != (self._vehicle_id, self._words.MAV_COMP_ID_AUTOPILOT1):
            return
        if message.get_type() == "HEARTBEAT":
            self._heartbeat.take(message)
        elif math.isfinite(message.yaw):
            self._yaw.take(message.yaw)

    def _ask_for_attitude(self) -> None:
        """Ask an autopilot that lives for its attitude, 20 times a second, until it comes."""
        now = time.monotonic()
        if self._heartbeat.silence() or not self._yaw.silence() or now - self._asked < ASK_EVERY_S:
            return
        self._asked = now
        self._line.mav.command_long_send(
            self._vehicle_id,
            self._words.MAV_COMP_ID_AUTOPILOT1,
            self._words.MAV_CMD_SET_MESSAGE_INTERVAL,
            0,
            self._words.MAVLINK_MSG_ID_ATTITUDE,
            ATTITUDE_EVERY_US,
            *(0, 0, 0, 0, 0),
        )


def _open_line(url: str, baud: int, system_id: int) -> tuple[Any, Any]:
    """Return pymavlink's module of connections and the open line.

    Raises:
        ConfigError: a package is missing, or the line cannot be opened.
    """
    try:
        from pymavlink import mavutil

        component = mavutil.mavlink.MAV_COMP_ID_ONBOARD_COMPUTER
        line = mavutil.mavlink_connection(
            url, baud=baud, source_system=system_id, source_component=component
        )
    except ImportError as error:
        raise ConfigError(
            f"platform 'mavlink' needs {error.name}; run: pip install 'liquid_control[mavlink]'"
        ) from None
    except (OSError, ValueError, SystemExit) as error:  # pymavlink exits where no port is given
        raise ConfigError(
            f"mavlink.url: expected a line that can be opened, found {url}: {error}; "
            "give a device, udpin:HOST:PORT, udpout:HOST:PORT or tcp:HOST:PORT"
        ) from None
    return mavutil, line
