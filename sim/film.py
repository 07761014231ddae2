"""Film a flight: a chase view beside the onboard camera, and a picture of the whole."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

import imageio.v2 as imageio
import numpy as np

from liquid_control.contract import NANOSECONDS, Image
from liquid_control.pipeline import PilotStep

from .flight import Flight
from .renderer import Renderer
from .report import draw_flight
from .world import World

HEIGHT, WIDTH = 288, 432
RATE_HZ = 20
FRAME_NS = NANOSECONDS // RATE_HZ
MOST_KEPT = 64


class Film:
    """Films one flight as it happens; no more than one frame of it is ever held.

    Call ``shoot`` as time goes on and ``save`` at the end; ``close`` frees it in any case, and
    so does ``with``.

    Args:
        world: what is filmed.
        folder: where ``name``.mp4 is written at once, and ``name``.png by ``save``.
        name: of both.
    """

    def __init__(self, world: World, folder: Path, name: str = "flight") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._world, self._path = world, folder / f"{name}.mp4"
        self._chase = Renderer(world.model, "chase", WIDTH, HEIGHT, show_vehicle=True)
        self._input, self._onboard = _before_the_first_image(world)
        self._writer = imageio.get_writer(
            self._path, fps=RATE_HZ, codec="libx264", macro_block_size=2
        )
        high, wide = self._onboard.shape[:2] if self._onboard is not None else (1, 1)
        self._size = HEIGHT, wide * HEIGHT // high // 2 * 2  # the encoder takes even widths
        self._due_ns, self._open = 0, True
        self._seen = _Few()

    def shoot_step(self, step: PilotStep) -> None:
        """Go on to the present, with what the policy saw in this step."""
        seen = None if step.observation is None else step.observation.values.get(self._input)
        self.shoot(seen)

    def shoot(self, onboard: Image | None = None) -> None:
        """Go on to the present: real time, whatever the rate of the sensors.

        Args:
            onboard: (height, width, 3) uint8 RGB, the newest image of the onboard camera, if any.
        """
        now_ns = self._world.now_ns
        if onboard is not None and onboard is not self._onboard:
            self._onboard = onboard
            self._seen.add(now_ns / NANOSECONDS, onboard)
        if now_ns < self._due_ns:
            return
        picture = self._chase.render(self._world.data)
        if self._onboard is not None:
            picture = np.concatenate([picture, resized(self._onboard, *self._size)], axis=1)
        while self._due_ns <= now_ns:
            self._writer.append_data(picture)
            self._due_ns += FRAME_NS

    def save(self, flight: Flight) -> list[Path]:
        """Finish the film, draw the flight and return both files."""
        self.close()
        drawn = self._path.with_suffix(".png")
        fields = [field.name for field in self._world.settings.vehicle.command.fields]
        draw_flight(flight, fields, self._seen.pictures, drawn)
        return [self._path, drawn]

    def close(self) -> None:
        """End the encoder and free the camera; a second time does nothing."""
        if self._open:
            self._open = False
            self._writer.close()
            self._chase.close()

    def __enter__(self) -> Film:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _before_the_first_image(world: World) -> tuple[str, Image | None]:
    """Return the name of the first camera that is an input, and a black image of it."""
    for name, sensor in world.settings.sensors.items():
        if sensor.kind == "image":
            return name, np.zeros(sensor.input().shape, np.uint8)
    return "", None


class _Few:
    """Pictures of a flight of unknown length, evenly over all of it, never many at once."""

    def __init__(self) -> None:
        self.pictures: list[tuple[float, Image]] = []
        self._every, self._count = 1, 0

    def add(self, time_s: float, picture: Image) -> None:
        if self._count % self._every == 0:
            self.pictures.append((time_s, picture.copy()))
        self._count += 1
        if len(self.pictures) > MOST_KEPT:
            self.pictures, self._every = self.pictures[::2], 2 * self._every


def resized(image: Image, height: int, width: int) -> Image:
    """Return the image in another size, its pixels as blocks."""
    rows = np.arange(height) * image.shape[0] // height
    columns = np.arange(width) * image.shape[1] // width
    return image[rows][:, columns]
