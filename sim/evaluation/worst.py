"""Which flights of a suite are worth looking at, and films of the worst."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import imageio.v2 as imageio
from PIL import Image as Pillow

from ..film import RATE_HZ
from ..tasks import Outcome
from .baselines import BASELINES
from .cells import Cell
from .films import film
from .kept import name_of
from .maps import end_of, title_of
from .suite import FlownCell
from .worker import Flown

PICTURE_PX = 900
"""Width of the picture of a whole flight."""
PAGE_HZ = 10
PAGE_FORM = ["-vf", "scale=760:-2", "-crf", "32", "-movflags", "+faststart"]
"""What the encoder is told for a film on a page."""


@dataclass(frozen=True)
class Reel:
    """A filmed flight.

    Attributes:
        model: what flew.
        title: what was flown.
        end: how it ended, in words.
        video: of the MP4, base64.
        picture: of the WebP with path, commands and camera images, base64.
    """

    model: str
    title: str
    end: str
    video: str
    picture: str

    @property
    def size(self) -> int:
        """How many characters it takes on a page."""
        return len(self.video) + len(self.picture)


def film_worst(
    cells: Sequence[FlownCell], count: int, folder: Path, budget: int = 7_000_000
) -> Iterator[Reel]:
    """Yield films of the worst flights of every model; those that a folder has are not made again.

    Args:
        cells: of any models; baselines are filmed only where nothing else flew.
        count: how many of each model at most.
        folder: where films are kept.
        budget: how many characters they may take in all; what goes beyond is left out.
    """
    for model in learnt(part.cell.model for part in cells):
        for cell, flown in worst([part for part in cells if part.cell.model == model], count):
            reel = _filmed(cell, flown, folder)
            budget -= reel.size
            if budget >= 0:
                yield reel


def learnt(models: Iterable[str]) -> list[str]:
    """Return those of some models that are no baselines; all where there are no others."""
    names = list(dict.fromkeys(models))
    return [name for name in names if name not in BASELINES.names()] or names


def worst(cells: Sequence[FlownCell], count: int) -> list[tuple[Cell, Flown]]:
    """Return failed flights of one model: where it fails most often, one of each task first."""
    ranked = sorted(
        (part for part in cells if _failures(part)),
        key=lambda part: (-len(_failures(part)) / len(part.flights), part.cell.condition),
    )
    first: dict[str, FlownCell] = {}
    for part in ranked:
        first.setdefault(part.cell.task, part)
    chosen = [*first.values(), *(part for part in ranked if part is not first[part.cell.task])]
    return [(part.cell, _failures(part)[0]) for part in chosen[:count]]


def _filmed(cell: Cell, flown: Flown, folder: Path) -> Reel:
    """Return the film of a flight, which is made if a folder has it not."""
    name = f"{name_of(cell)}_{flown.flight.seed}"
    small, png = folder / f"{name}.small.mp4", folder / f"{name}.png"
    if not small.exists():  # it is written last
        mp4, _ = film(cell.model, cell.settings, flown.flight.seed, folder, name)
        _shrink(mp4, small)
    video = base64.b64encode(small.read_bytes()).decode()
    return Reel(cell.model, title_of(cell, flown), end_of(flown), video, _webp(png))


def _shrink(mp4: Path, small: Path) -> None:
    """Write a film anew with fewer and smaller pictures, for a page."""
    every = RATE_HZ // PAGE_HZ
    part = small.with_suffix(".part.mp4")
    reader: Any = imageio.get_reader(mp4)
    writer: Any = imageio.get_writer(
        part, fps=PAGE_HZ, codec="libx264", macro_block_size=2, output_params=PAGE_FORM
    )
    with reader, writer:
        for i, picture in enumerate(reader):
            if i % every == 0:
                writer.append_data(picture)
    part.replace(small)


def _failures(part: FlownCell) -> list[Flown]:
    return [f for f in part.flights if f.flight.outcome is not Outcome.SUCCESS]


def _webp(png: Path) -> str:
    with Pillow.open(png) as picture:
        size = PICTURE_PX, round(PICTURE_PX * picture.height / picture.width)
        small, said = picture.convert("RGB").resize(size, Pillow.Resampling.LANCZOS), BytesIO()
    small.save(said, "WEBP", quality=80)
    return base64.b64encode(said.getvalue()).decode()
