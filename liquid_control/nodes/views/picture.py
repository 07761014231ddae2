"""``~/picture``: what the policy saw, as it was given it, whatever the camera sends."""

from __future__ import annotations

from pathlib import Path

from sensor_msgs.msg import Image

from ...contract import Observation
from ...errors import ConfigError
from ..conversions import to_stamp
from .base import View


class Picture(View):
    """Publishes the first of the policy's images, cropped and resampled, at every step."""

    def open(self, model: Path) -> None:
        """Make the topic."""
        images = [n for n, given in self._policy.card.inputs.items() if given.kind == "image"]
        if not images:
            raise ConfigError("show: picture needs a policy with a camera; leave it out")
        self._name = images[0]
        height, width = self._policy.card.inputs[self._name].shape[:2]
        self._message = Image(height=height, width=width, encoding="rgb8", step=3 * width)
        self._publisher = self.publisher(Image, "~/picture", 1)

    def show(self, observation: Observation) -> None:
        """Send the image of the step."""
        message = self._message
        message.header.stamp = to_stamp(observation.stamp_ns)
        del message.data[:]
        message.data.frombytes(observation.values[self._name].tobytes())
        self._publisher.publish(message)
