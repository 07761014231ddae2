"""Film a flight: a chase view beside the onboard camera, and a picture of the whole."""

from __future__ import annotations

from pathlib import Path

import imageio.v3 as imageio
import numpy as np
from numpy.typing import NDArray

from liquid_control.contract import NANOSECONDS, Image

from .camera import Camera
from .flight import Flight
from .report import draw_flight
from .world import SensorFrame, World

HEIGHT, WIDTH = 288, 432


class Film:
    """Shoots every frame of one flight."""

    def __init__(self, world: World) -> None:
        self._chase = Camera(world.model, "chase", WIDTH, HEIGHT, show_vehicle=True)
        self._frames: list[Image] = []
        self._onboard: list[Image] = []
        self._stamps_ns: list[int] = []

    def shoot(self, world: World, frame: SensorFrame) -> None:
        """Add one frame: the world from behind, and what the policy saw."""
        onboard = enlarge(frame.image, HEIGHT)
        self._frames.append(np.concatenate([self._chase.render(world.data), onboard], axis=1))
        self._onboard.append(frame.image)
        self._stamps_ns.append(frame.stamp_ns)

    def save(self, flight: Flight, folder: Path) -> None:
        """Write flight.mp4 and flight.png into a folder and free the camera."""
        self._chase.close()
        elapsed_s = (self._stamps_ns[-1] - self._stamps_ns[0]) / NANOSECONDS
        fps = max(1.0, (len(self._frames) - 1) / elapsed_s) if elapsed_s else 20.0
        imageio.imwrite(
            folder / "flight.mp4", np.stack(self._frames), fps=round(fps), codec="libx264"
        )
        draw_flight(flight, self._onboard, folder / "flight.png")


def enlarge(image: Image, height: int) -> NDArray[np.uint8]:
    """Return the image at ``height``, its pixels as blocks."""
    rows = np.arange(height) * image.shape[0] // height
    width = image.shape[1] * height // image.shape[0] // 2 * 2
    columns = np.arange(width) * image.shape[1] // width
    return image[rows][:, columns]
