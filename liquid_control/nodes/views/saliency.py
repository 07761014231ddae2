"""``~/saliency``: where in the camera's picture the command came from, a few times a second."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sensor_msgs.msg import Image

from ...contract import Observation
from ...errors import ConfigError
from ...policy import Policy, load_policy
from ...saliency import BLUR, CELL, Map, Picture, occlusion
from ..conversions import to_stamp
from .base import View

REST_S = 0.5
"""From the end of one map to the beginning of the next."""
ENCODING = "32FC1"


class Saliency(View):
    """Publishes maps of what the policy saw, a number for each cell of 4 x 4 of its pixels.

    They add up to 1. A second session of the same file replays the step with parts of the
    picture hidden, in a thread of its own: a command never waits for it, and of the steps that
    come meanwhile the newest counts.
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
        self._name, self._probe = images[0], load_policy(model)
        self._publisher = self.publisher(Image, "~/saliency", 1)
        self._newest: tuple[Observation, NDArray[np.float32]] | None = None
        self._wake, self._ended = threading.Condition(), threading.Event()
        self._thread = threading.Thread(target=self._work, name="saliency", daemon=True)
        self._thread.start()

    def show(self, observation: Observation) -> None:
        """Leave a step for the thread; one that it has not taken yet is forgotten."""
        with self._wake:
            self._newest = observation, self._policy.before
            self._wake.notify()

    def close(self) -> None:
        """End the thread, then take the topic back."""
        self._ended.set()
        with self._wake:
            self._wake.notify()
        self._thread.join()
        super().close()

    def _work(self) -> None:
        while not self._ended.is_set():
            with self._wake:
                self._wake.wait_for(lambda: self._newest is not None or self._ended.is_set())
                given, self._newest = self._newest, None
            if given is not None and not self._ended.is_set():
                found = map_of(self._probe, self._name, *given)
                self._publisher.publish(_message(found, given[0].stamp_ns))
                self._ended.wait(REST_S)


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
