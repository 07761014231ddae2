"""What a policy node shows of itself, gathered for a page in the browser."""

from __future__ import annotations

import base64
import io
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from nav_msgs.msg import Odometry
from PIL import Image as Pillow
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import Image, JointState

from ..errors import LiquidControlError
from ..live_page import HOST, PORT, LivePage
from ..parameters import Parameters, Setting
from .conversions import status_values
from .process import run

PAGE = Path(__file__).with_name("watch.html")
WATCHED = Setting("watched", "/policy_node", "name of the policy node")
ODOMETRY = Setting("odometry", "/odom", "topic of the path from above")
ADDRESS = Setting("host", HOST, "the address that listens")
LISTENS_AT = Setting("port", PORT, "likewise; 0 for any that is free", 0, 65535)
RATE_HZ = 10.0
STRONGEST = 5
"""How many of the parts of a command are shown by name."""
PATH_M, PATH_POINTS = 0.1, 2000
"""The path from above has a point each so far, and so many at most."""


class Watcher(Node):
    """Hears a policy node's views, status and, where there is one, the vehicle's odometry.

    What is newest is shown ``RATE_HZ`` times a second.

    Attributes:
        page: that shows it.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__("watcher", **options)
        values = Parameters(self, lambda name: f"{name}: is read at the start")
        values.declare([WATCHED, ODOMETRY, ADDRESS, LISTENS_AT])
        watched, odometry = values[WATCHED], values[ODOMETRY]
        try:
            self.page = LivePage(PAGE.read_text(), values[ADDRESS], values[LISTENS_AT])
        except LiquidControlError:
            super().destroy_node()  # ROS would end it as a whole one
            raise
        self._news = False
        self._data: dict[str, Any] = {"node": watched}
        self._path: deque[tuple[float, float]] = deque(maxlen=PATH_POINTS)
        heard: list[tuple[type, str, str, Callable[[Any], Any]]] = [
            (Image, f"{watched}/picture", "picture", to_url),
            (Image, f"{watched}/saliency", "saliency", to_table),
            (JointState, f"{watched}/neurons", "neurons", to_numbers),
            (JointState, f"{watched}/reasons", "reasons", to_reasons),
            (DiagnosticArray, f"{watched}/status", "status", status_values),
            (Odometry, odometry, "path", self._onwards),
        ]
        for kind, topic, key, read in heard:
            self.create_subscription(kind, topic, self._taker(key, read), qos_profile_sensor_data)
        self.create_timer(1.0 / RATE_HZ, self._show)

    def _taker(self, key: str, read: Callable[[Any], Any]) -> Callable[[Any], None]:
        def take(message: Any) -> None:
            self._data[key], self._news = read(message), True

        return take

    def _onwards(self, message: Odometry) -> list[tuple[float, float]]:
        """Return the path with a vehicle's place; where it jumps another flight begins."""
        at = message.pose.pose.position
        point = (round(at.x, 2), round(at.y, 2))
        last = self._path[-1] if self._path else None
        far = float("inf") if last is None else np.hypot(point[0] - last[0], point[1] - last[1])
        if far > 20 * PATH_M:
            self._path.clear()
        if far > PATH_M:
            self._path.append(point)
        return [*self._path, point]

    def _show(self) -> None:
        if self._news:
            self._news = False
            self.page.push(self._data)

    def destroy_node(self) -> None:
        """Take the page back as well."""
        self.page.close()
        super().destroy_node()


def to_url(message: Image) -> str:
    """Return an rgb8 image as the source of an ``img``."""
    pixels = np.frombuffer(message.data, np.uint8).reshape(message.height, message.width, 3)
    file = io.BytesIO()
    Pillow.fromarray(pixels).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()


def to_table(message: Image) -> list[list[float]]:
    """Return the rows of a map, the largest number being 1."""
    table = np.frombuffer(message.data, "<f4").reshape(message.height, message.width)
    rows: list[list[float]] = (table / max(float(table.max()), 1e-12)).round(3).tolist()
    return rows


def to_numbers(message: JointState) -> dict[str, float]:
    """Return numbers by name."""
    return dict(zip(message.name, np.round(message.position, 4).tolist(), strict=True))


def to_reasons(message: JointState) -> dict[str, dict[str, Any]]:
    """Return by field what the policy said less rest, and the parts that have most of it."""
    found: dict[str, dict[str, float]] = {}
    for name, part in zip(message.name, message.position, strict=True):
        field, _, source = name.partition("/")
        found.setdefault(field, {})[source] = part
    return {
        field: {
            "said": round(sum(parts.values()), 4),
            "parts": [
                [source, round(part, 4)]
                for source, part in sorted(parts.items(), key=lambda one: -abs(one[1]))[:STRONGEST]
            ],
        }
        for field, parts in found.items()
    }


def main(args: list[str] | None = None) -> int:
    """Serve the page until it is interrupted."""
    return run(Watcher, _serve, args)


def _serve(node: Watcher) -> int:
    print(f"{node.page.url} shows what the policy thinks; Ctrl-C ends it", flush=True)
    rclpy.spin(node)
    return 0


if __name__ == "__main__":
    sys.exit(main())
