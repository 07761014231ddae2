"""Turn to what has the ordered colour and go there: vision without learning or memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from liquid_control.contract import Command, Image, Observation, PolicyCard
from liquid_control.errors import ConfigError

from ...scenery.colours import SHADES
from ...settings import GOAL
from ...tasks._known import shape_of
from ...world import World
from . import Baseline

COLOUR, KIND = "red", "chair"
"""Where nothing is ordered."""
COLOURED = 32
"""How far from grey a pixel is that has a colour, of 255."""
ALIKE = 0.93
"""Cosine between the colour of a pixel and that of the shade."""
GREY_WITHIN = 45
"""How far each of red, green and blue may be from a shade that is white or black."""
ARRIVED_HEIGHT = 0.34
"""How much of the image's height a thing takes at which it is near enough, for each metre."""
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
    """Centres the pixels of the colour, goes towards them, and stops when they are high enough."""

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
        self._words = card.inputs[GOAL].settings if GOAL in card.inputs else {}

    def step(self, observation: Observation) -> Command:
        """Return what the pixels of this image ask for."""
        kind, colour = self._ordered(observation)
        found = find_colour(observation.values[self._image], colour)
        wanted = dict.fromkeys(self._fields, 0.0)
        if found is None:
            wanted["yaw_rate_rad_s"] = SEARCH_RAD_S
            return self.card.command.clip(wanted.values())
        right, down, height = found
        speed = SPEED_M_S * SLOWING * (1.0 - height / (ARRIVED_HEIGHT * shape_of(kind).height_m))
        centred = max(0.0, 1.0 - 2.0 * abs(right))
        wanted["forward_m_s"] = min(SPEED_M_S, max(-RETREAT_M_S, speed)) * centred
        wanted["yaw_rate_rad_s"] = -TURN_RAD_S * right
        if "up_m_s" in wanted:
            wanted["up_m_s"] = CLIMB_M_S * (WANTED_DOWN - down)
        return self.card.command.clip(wanted.values())

    def _ordered(self, observation: Observation) -> tuple[str, str]:
        """Return the kind and the colour of the order."""
        if not self._words:
            return KIND, COLOUR
        kinds, colours = (list(self._words[part]) for part in ("kinds", "colours"))
        said = np.asarray(observation.values[GOAL])
        kind, colour = said[: len(kinds)], said[len(kinds) : len(kinds) + len(colours)]
        return kinds[int(kind.argmax())], colours[int(colour.argmax())]


def find_colour(image: Image, colour: str) -> tuple[float, float, float] | None:
    """Return where a colour is in an image, and how high that is; None if it is nowhere.

    Args:
        image: (height, width, 3) uint8 RGB.
        colour: a word of ``scenery/colours.py``; any other is taken for red.

    Returns:
        Right and down of its middle, each from -1 to 1, and its height as a share of the image's.
    """
    rows, columns = np.nonzero(_has(image.astype(np.float32), colour))
    if not len(rows):
        return None
    height, width = image.shape[:2]
    right = 2.0 * float(columns.mean()) / (width - 1) - 1.0
    down = 2.0 * float(rows.mean()) / (height - 1) - 1.0
    return right, down, float(np.ptp(rows) + 1) / height


def _has(rgb: NDArray[np.float32], colour: str) -> NDArray[np.bool_]:
    """Return which pixels have a colour, whatever the light."""
    shade = 255 * np.array(SHADES.get(colour, SHADES[COLOUR]), np.float32).mean(axis=1)
    wanted = shade - shade.mean()
    strength = float(np.linalg.norm(wanted))
    if strength < COLOURED:
        return (np.abs(rgb - shade) < GREY_WITHIN).all(axis=-1)
    found = rgb - rgb.mean(axis=-1, keepdims=True)
    strengths = np.linalg.norm(found, axis=-1)
    return (strengths > COLOURED) & (found @ wanted > ALIKE * strength * strengths)
