"""sensor_msgs/Image, and the CameraInfo beside it, as frames."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import Image as ImageMessage

from ...contract import Frame, Image, InputCard, Intrinsics
from ...parameters import Setting
from ...safety.faults import Fault
from ..conversions import to_ns
from ..encodings import decode
from .base import Source, Take


class ImageSource(Source):
    """A camera. ``camera_info`` is taken from beside the image's topic, as its drivers do it.

    Without camera_info the parameter ``<input>.horizontal_fov_deg`` tells the geometry;
    without either it is taken to be the policy's, and the status says so.
    """

    message: ClassVar[type] = ImageMessage
    depth: ClassVar[int] = 1
    fault: ClassVar[Fault] = Fault.CAMERA_INVALID

    def __init__(self, name: str, card: InputCard) -> None:
        super().__init__(name, card)
        self._infos: dict[str, CameraInfo] = {}
        self._fov_deg = 0.0

    def settings(self) -> list[Setting]:
        """Return the parameter of the camera's field of view."""
        text = "field of view of a camera without camera_info; 0: that of the policy"
        return [Setting(f"{self.name}.horizontal_fov_deg", 0.0, text, 0.0, 170.0)]

    def open(self, node: Node, take: Take, lockstep: bool) -> None:
        """Subscribe to the calibration first, so that the first frame has it."""
        self._fov_deg = float(node.get_parameter(self.settings()[0].name).value)
        beside = node.resolve_topic_name(self.name).rpartition("/")[0]
        self.subscribe(
            node, CameraInfo, f"{beside}/camera_info", self.calibrate, self.qos(lockstep)
        )
        super().open(node, take, lockstep)

    def calibrate(self, message: CameraInfo) -> None:
        """Take the calibration of a camera; one of zeros says that there is none."""
        if message.k[0] > 0 and message.k[4] > 0 and message.width and message.height:
            self._infos[message.header.frame_id] = message
        else:
            self._infos.pop(message.header.frame_id, None)

    def to_value(self, message: Any) -> Frame:
        """Return the frame of a message; packed RGB is not copied.

        Raises:
            ImageError: the encoding or the sizes are not usable.
        """
        image, stamp_ns = self.to_image(message), to_ns(message.header.stamp)
        frame_id = message.header.frame_id
        return Frame(stamp_ns, image, self._intrinsics(image, frame_id), frame_id)

    def to_image(self, message: Any) -> Image:
        """Return the pixels of a message, (height, width, 3) uint8 RGB.

        Raises:
            ImageError: the encoding or the sizes are not usable.
        """
        m = message
        data = np.frombuffer(m.data, np.uint8)
        return decode(
            data, m.height, m.width, m.step, m.encoding, is_bigendian=bool(m.is_bigendian)
        )

    def _intrinsics(self, image: Image, frame_id: str) -> Intrinsics | None:
        """Return the camera's geometry in pixels of an image; two cameras may share a topic."""
        height, width = image.shape[:2]
        only = next(iter(self._infos.values())) if len(self._infos) == 1 else None
        info = self._infos.get(frame_id, only)
        if info is not None:
            k, x, y = info.k, width / info.width, height / info.height
            return Intrinsics(k[0] * x, k[4] * y, k[2] * x, k[5] * y)
        if self._fov_deg:
            focal = width / 2 / math.tan(math.radians(self._fov_deg) / 2)
            return Intrinsics(focal, focal, width / 2, height / 2)
        return None

    def silent_because(self, node: Node) -> str:
        """Return what the graph says; a camera may give nothing but compressed images."""
        topic = self._subscriptions[-1].topic_name
        if not node.count_publishers(topic) and node.count_publishers(f"{topic}/compressed"):
            return f"only {topic}/compressed is published; set sources.{self.name}: compressed"
        return super().silent_because(node)
