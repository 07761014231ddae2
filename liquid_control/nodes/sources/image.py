"""sensor_msgs/Image, and the CameraInfo beside it, as frames."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from rclpy.node import Node
from sensor_msgs.msg import CameraInfo
from sensor_msgs.msg import Image as ImageMessage

from ...contract import Frame, Image, InputCard, Intrinsics
from ...errors import ImageError
from ...parameters import Setting
from ...safety.faults import Fault
from ..conversions import to_ns
from .base import Source, Take

CHANNELS = {"rgb8": 3, "bgr8": 3, "rgba8": 4, "bgra8": 4, "mono8": 1}


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
        """Return the frame of an image message; packed RGB is not copied.

        Raises:
            ImageError: the encoding or the sizes are not usable.
        """
        data = np.frombuffer(message.data, np.uint8)
        image = decode(data, message.height, message.width, message.step, message.encoding)
        stamp_ns, frame_id = to_ns(message.header.stamp), message.header.frame_id
        return Frame(stamp_ns, image, self._intrinsics(image, frame_id), frame_id)

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
            return (
                f"only {topic}/compressed is published; run `ros2 run image_transport republish "
                f"compressed raw --ros-args -r in/compressed:={topic}/compressed -r out:={topic}`"
            )
        return super().silent_because(node)


def decode(data: NDArray[np.uint8], height: int, width: int, step: int, encoding: str) -> Image:
    """Return an RGB image (height, width, 3) uint8 from a sensor_msgs/Image's fields.

    No copy is made where the message is already packed RGB.

    Raises:
        ImageError: the encoding is not known, or the sizes do not fit the data.
    """
    if encoding not in CHANNELS:
        raise ImageError(
            f"encoding '{encoding}': expected one of {', '.join(CHANNELS)}; "
            "set the driver's encoding or convert the topic with image_proc"
        )
    channels = CHANNELS[encoding]
    if height < 1 or width < 1 or step < width * channels or data.size < height * step:
        raise ImageError(
            f"image of {width}x{height} {encoding} with step {step} needs "
            f"{height * max(step, width * channels)} bytes, found {data.size}; check the driver"
        )
    rows = data[: height * step].reshape(height, step)[:, : width * channels]
    pixels = rows.reshape(height, width, channels)
    if channels == 1:
        return np.repeat(pixels, 3, axis=2)
    return pixels[..., 2::-1] if encoding.startswith("bgr") else pixels[..., :3]
