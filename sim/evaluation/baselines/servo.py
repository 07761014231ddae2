"""Turn to what is reddest and go there: vision without learning or memory."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from liquid_control.contract import Command, Observation, PolicyCard
from liquid_control.errors import ConfigError

from ...world import World
from . import Baseline

REDNESS = 40
"""How much more red than green or blue a pixel is that counts, of 255."""
ARRIVED_HEIGHT = 0.44
"""How much of the image's height is red at which it is near enough: a chair at 2 m."""
SEARCH_RAD_S = 0.8
TURN_RAD_S = 1.2
"""Yaw rate for red at the edge of the image."""
SPEED_M_S = 1.0
RETREAT_M_S = 0.3
SLOWING = 4.0
"""How much faster than ``SPEED_M_S`` it would be if nothing were red at all."""
CLIMB_M_S = 0.6
"""Vertical speed for red at the lower or upper edge of the image."""
WANTED_DOWN = 0.3
"""Where the red should be, of the way from the middle of the image to its lower edge."""


class Servo(Baseline):
    """Centres the red pixels, goes towards them, and stops when they are high enough."""

    def __init__(self, world: World, card: PolicyCard) -> None:
        super().__init__(world, card)
        images = [name for name, entry in card.inputs.items() if entry.kind == "image"]
        self._fields = [field.name for field in card.command.fields]
        if not images or not {"forward_m_s", "yaw_rate_rad_s"} <= set(self._fields):
            raise ConfigError(
                "the servo needs an image and the commands forward_m_s and yaw_rate_rad_s, found "
                f"{', '.join([*card.inputs, *self._fields])}; give another baseline"
            )
        self._image = images[0]

    def step(self, observation: Observation) -> Command:
        """Return what the red pixels of this image ask for."""
        red = find_red(observation.values[self._image])
        wanted = dict.fromkeys(self._fields, 0.0)
        if red is None:
            wanted["yaw_rate_rad_s"] = SEARCH_RAD_S
            return self.card.command.clip(wanted.values())
        right, down, height = red
        speed = SPEED_M_S * SLOWING * (1.0 - height / ARRIVED_HEIGHT)
        centred = max(0.0, 1.0 - 2.0 * abs(right))
        wanted["forward_m_s"] = min(SPEED_M_S, max(-RETREAT_M_S, speed)) * centred
        wanted["yaw_rate_rad_s"] = -TURN_RAD_S * right
        if "up_m_s" in wanted:
            wanted["up_m_s"] = CLIMB_M_S * (WANTED_DOWN - down)
        return self.card.command.clip(wanted.values())


def find_red(image: NDArray[Any]) -> tuple[float, float, float] | None:
    """Return where the red of an image is, and how high it is; None if nothing is red.

    Args:
        image: (height, width, 3) uint8 RGB.

    Returns:
        Right and down of its middle, each from -1 to 1, and its height as a share of the image's.
    """
    rgb = image.astype(np.int16)
    rows, columns = np.nonzero(rgb[..., 0] - rgb[..., 1:].max(axis=-1) > REDNESS)
    if not len(rows):
        return None
    height, width = image.shape[:2]
    right = 2.0 * float(columns.mean()) / (width - 1) - 1.0
    down = 2.0 * float(rows.mean()) / (height - 1) - 1.0
    return right, down, float(np.ptp(rows) + 1) / height
