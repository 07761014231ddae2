"""``~/saliency``: where in the camera's picture the command came from, a few times a second."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import Image

from ...contract import Observation
from ...errors import ConfigError
from ...policy import Policy
from ...saliency import BLUR, CELL, Map, Picture, occlusion
from ..conversions import to_stamp
from .base import SlowView

ENCODING = "32FC1"


class Saliency(SlowView):
    """Publishes maps of what the policy saw, a number for each cell of 4 x 4 of its pixels.

    They add up to 1: the step is replayed with parts of the picture hidden.
    """

    def open(self, model: Path) -> None:
        """Make the topic and begin to wait for steps."""
        images = [n for n, given in self._policy.card.inputs.items() if given.kind == "image"]
        shapes = {self._policy.card.inputs[name].shape[:2] for name in images}
        if not images or any(side % CELL or side < BLUR for sides in shapes for side in sides):
            raise ConfigError(
                f"show: saliency needs a policy with a camera whose sides are multiples of {CELL} "
                f"and {BLUR} pixels or more, found {sorted(shapes) or 'no camera'}; leave it out"
            )
        self._name = images[0]
        self._publisher = self.publisher(Image, "~/saliency", 1)
        self.begin(model)

    def think(self, probe: Policy, observation: Observation, before: NDArray[np.float32]) -> None:
        """Send the map of a step."""
        found = map_of(probe, self._name, observation, before)
        self._publisher.publish(_message(found, observation.stamp_ns))


def map_of(
    policy: Policy, name: str, observation: Observation, before: NDArray[np.float32]
) -> Map:
    """Return where in an image the command of a step came from.

    Args:
        policy: that took the step; its state is lost.
        name: of the image among the inputs.
        observation: of the step.
        before: (1, n) the state before it.
    """
    scale = np.array([field.scale or 1.0 for field in policy.card.command.fields])

    def reply(pictures: Picture) -> NDArray[np.floating]:
        return np.array([_said(policy, name, observation, before, p) for p in pictures]) / scale

    return occlusion(reply, observation.values[name])


def _said(
    policy: Policy,
    name: str,
    observation: Observation,
    before: NDArray[np.float32],
    picture: Picture,
) -> tuple[float, ...]:
    policy.hidden = before
    values = {**observation.values, name: picture}
    return policy.step(Observation(0, observation.dt_s, values)).values


def _message(found: Map, stamp_ns: int) -> Any:
    rows, columns = found.shape
    message = Image(height=rows, width=columns, encoding=ENCODING, step=4 * columns)
    message.header.stamp = to_stamp(stamp_ns)
    message.data.frombytes(found.astype("<f4").tobytes())
    return message
