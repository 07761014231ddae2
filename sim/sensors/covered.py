"""A camera of whose picture something covers parts: dirt, a leaf, a propeller guard."""

from __future__ import annotations

import mujoco
from numpy.random import Generator

from liquid_control.contract import NANOSECONDS, Frame, Positive, Range

from ..layout import Layout
from ..vehicles import Body
from .camera import Camera, CameraProbe


class CoveredCamera(Camera, frozen=True):
    """A camera with patches of one grey each.

    Attributes:
        patches: fewest and most at a time.
        size: of each side of a patch, share of the picture's height.
        moves_s: how long they stay where they are.
        grey: how light they are, 0 for black to 1 for white.
    """

    patches: tuple[int, int] = (1, 3)
    size: Range = (0.2, 0.5)
    moves_s: Positive = 1.0
    grey: Range = (0.0, 0.0)

    def open(
        self, model: mujoco.MjModel, data: mujoco.MjData, body: Body, key: str
    ) -> CoveredProbe:
        """Return the camera in a compiled model."""
        return CoveredProbe(self, model, data, body)


class CoveredProbe(CameraProbe):
    """A camera's probe that covers patches of what was rendered."""

    def begin(self, sensor: Camera, layout: Layout, rng: Generator) -> None:
        """Draw the flight's errors; the patches from a stream of their own."""
        assert isinstance(sensor, CoveredCamera)
        super().begin(sensor, layout, rng)
        self._sensor = sensor
        self._patch_rng, self._grey_rng = rng.spawn(2)
        self._move_ns = 0
        self._patches: list[tuple[tuple[slice, slice], int]] = []

    def measure(self, stamp_ns: int) -> Frame:
        """Return a frame of the present."""
        frame = super().measure(stamp_ns)
        if stamp_ns >= self._move_ns:
            self._move_ns = stamp_ns + round(self._sensor.moves_s * NANOSECONDS)
            self._patches = self._draw()
        if frame.image.any():  # a black frame stays black
            for patch, grey in self._patches:
                frame.image[patch] = grey
        return frame

    def _draw(self) -> list[tuple[tuple[slice, slice], int]]:
        """Return rows, columns and grey of patches, which may reach beyond the picture's edge."""
        rng, s = self._patch_rng, self._sensor
        height, width = self._height, self._width
        patches = []
        for _ in range(int(rng.integers(*s.patches, endpoint=True))):
            high, wide = (round(height * rng.uniform(*s.size)) for _ in range(2))
            top, left = int(rng.integers(height)), int(rng.integers(width))
            grey = round(255 * self._grey_rng.uniform(*s.grey))
            patches.append(((slice(top, top + high), slice(left, left + wide)), grey))
        return patches
