"""A platform of one's own: the usual topic, and a line in a file for every command."""

from __future__ import annotations

import os
from pathlib import Path

from geometry_msgs.msg import TwistStamped

from liquid_control.platforms.base import Platform
from liquid_control.platforms.twist import to_twist


class Courier(Platform):
    """Writes down what it carries."""

    accepts = frozenset({"velocity"})

    def open(self, node, frame_id):
        self._node, self._frame_id = node, frame_id
        self._publisher = node.create_lifecycle_publisher(TwistStamped, "command_velocity", 1)
        self._log = Path(os.environ["COURIER_LOG"])

    def publish(self, command, stamp_ns):
        with self._log.open("a") as log:
            log.write(f"{command.values}\n")
        self._publisher.publish(to_twist(command, stamp_ns, self._frame_id))

    def close(self):
        self._node.destroy_publisher(self._publisher)
