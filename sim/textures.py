"""Textures that scenery paints for a flight: each picture is sent once to whoever renders it."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import mujoco
import numpy as np

from liquid_control.contract import Image

_PAINTED: WeakKeyDictionary[mujoco.MjModel, dict[int, int]] = WeakKeyDictionary()
"""How often each texture of a model was painted since the model was compiled, by its id."""


def paint_texture(model: mujoco.MjModel, name: str, pixels: Image) -> None:
    """Give a texture other pixels; where it has them already, nothing happens.

    Args:
        model: the compiled world.
        name: of the texture.
        pixels: uint8 RGB, as many as it was added with, in MuJoCo's order.
    """
    texture = model.texture(name).id
    first = int(model.tex_adr[texture])
    present = model.tex_data[first : first + pixels.size]
    if not np.array_equal(present, pixels.reshape(-1)):
        present[:] = pixels.reshape(-1)
        counts = _PAINTED.setdefault(model, {})
        counts[texture] = counts.get(texture, 0) + 1


class Uploads:
    """Which textures of a model a graphics context has still to be sent.

    Args:
        model: the compiled world; the context has its textures of now.
    """

    def __init__(self, model: mujoco.MjModel) -> None:
        self._painted = _PAINTED.setdefault(model, {})
        self._sent = dict(self._painted)

    def due(self) -> list[int]:
        """Return the ids of textures that were painted since the last call."""
        if self._sent == self._painted:
            return []
        stale = [t for t, count in self._painted.items() if self._sent.get(t) != count]
        self._sent = dict(self._painted)
        return stale
