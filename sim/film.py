"""Film a flight: the order, a chase view beside the onboard camera, and a picture of the whole."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import TracebackType

import imageio.v2 as imageio
import numpy as np
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from liquid_control.contract import NANOSECONDS, Image
from liquid_control.contract.goals import to_words
from liquid_control.pipeline import PilotStep

from .component import data_of
from .flight import Flight
from .renderer import Renderer
from .report import Shown, draw_flight, verdict_of
from .tasks import TASKS, Outcome
from .world import World

HEIGHT, WIDTH = 360, 640
"""Of the chase view."""
CAPTION = 36
"""Height of the line of words above it."""
RATE_HZ = 20
FRAME_NS = NANOSECONDS // RATE_HZ
VERDICT_S = 1.5
"""For how long a film stays at its end."""
MOST_KEPT = 64
ENCODER = ["-preset", "veryfast", "-crf", "28"]
DARK, LIGHT, GREEN, RED = (24, 26, 30), (240, 240, 236), (118, 214, 134), (255, 132, 118)


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
            self._path,
            fps=RATE_HZ,
            codec="libx264",
            quality=None,
            macro_block_size=2,
            output_params=ENCODER,
        )
        high, wide = self._onboard.shape[:2] if self._onboard is not None else (1, 1)
        self._size = HEIGHT, wide * HEIGHT // high // 2 * 2  # the encoder takes even widths
        self._due_ns, self._open = 0, True
        self._seen = _Few()
        self._task = task_of(world)

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
        picture = self._picture()
        while self._due_ns <= now_ns:
            self._writer.append_data(picture)
            self._due_ns += FRAME_NS

    def save(self, flight: Flight) -> list[Path]:
        """Finish the film with the verdict, draw the flight and return both files."""
        last = self._picture(flight)
        for _ in range(round(VERDICT_S * RATE_HZ)):
            self._writer.append_data(last)
        self.close()
        drawn = self._path.with_suffix(".png")
        fields = [field.name for field in self._world.settings.vehicle.command.fields]
        draw_flight(self.shown(flight), fields, drawn)
        return [self._path, drawn]

    def shown(self, flight: Flight) -> Shown:
        """Return the flight with what its camera saw, for pictures."""
        return Shown(self._task, flight, self._seen.pictures)

    def close(self) -> None:
        """End the encoder and free the camera; a second time does nothing."""
        if self._open:
            self._open = False
            self._writer.close()
            self._chase.close()

    def _picture(self, flight: Flight | None = None) -> Image:
        """Return the present under a line of words; with a flight, how it ended."""
        views = [self._chase.render(self._world.data)]
        if self._onboard is not None:
            views.append(resized(self._onboard, *self._size))
        pictures = np.concatenate(views, axis=1)
        goal = self._world.goal
        left = "" if goal is None else f"order: {to_words(goal)}"
        end, colour = f"{self._world.now_ns / NANOSECONDS:.1f} s", LIGHT
        if flight is not None:
            good = flight.verdict.outcome is Outcome.SUCCESS
            end, colour = verdict_of(flight), GREEN if good else RED
        line = caption(pictures.shape[1], left, f"{self._task}: {end}", colour)
        return np.concatenate([line, pictures])

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


def task_of(world: World) -> str:
    """Return the name of a world's task; of one's own that of its class."""
    return str(data_of(TASKS, world.settings.task)["name"]).rpartition(":")[2]


def caption(width: int, left: str, right: str, colour: tuple[int, int, int] = LIGHT) -> Image:
    """Return a line of words, (CAPTION, width, 3) uint8.

    Args:
        width: of the line.
        left: words at its beginning.
        right: words at its end,
        colour: and their colour.
    """
    line = Pillow.new("RGB", (width, CAPTION), DARK)
    draw, middle = ImageDraw.Draw(line), CAPTION // 2
    draw.text((12, middle), left, LIGHT, _font(), anchor="lm")
    draw.text((width - 12, middle), right, colour, _font(), anchor="rm")
    return np.asarray(line)


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(20)


def resized(image: Image, height: int, width: int) -> Image:
    """Return the image in another size, its pixels as blocks."""
    rows = np.arange(height) * image.shape[0] // height
    columns = np.arange(width) * image.shape[1] // width
    return image[rows][:, columns]
