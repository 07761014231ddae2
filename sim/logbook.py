"""What a run leaves in its folder: a line for each flight, films, and of a tour one of it all."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe

from liquid_control.contract.goals import to_words

from .film import Film, task_of
from .flight import Flight
from .report import Shown, draw_tour
from .world import World

LINES = "episodes.jsonl"
FIRST_COMMANDS = 50


class Logbook:
    """Keeps the flights of one run.

    Args:
        folder: where everything goes.
        is_tour: whether several tasks are flown; then there are tour.mp4 and tour.png, of the
            first flight of each. Otherwise there are flight.mp4 and flight.png of one.
    """

    def __init__(self, folder: Path, is_tour: bool) -> None:
        self._folder, self._is_tour = folder, is_tour
        self._films: list[Path] = []
        self._shown: list[Shown] = []

    def film(self, world: World) -> Film:
        """Return the film of the flight that begins."""
        name = f"{len(self._films) + 1}_{task_of(world)}" if self._is_tour else "flight"
        return Film(world, self._folder, name)

    def keep(self, film: Film, flight: Flight) -> None:
        """Finish the film of a flight."""
        self._films.append(film.save(flight)[0])
        self._shown.append(film.shown(flight))

    def add(self, flight: Flight, wall_s: float) -> None:
        """Write the line of a flight."""
        line = {
            "seed": flight.seed,
            "outcome": flight.verdict.outcome.value,
            "time_s": flight.verdict.time_s,
            "touched": flight.verdict.touched,
            "orders": [to_words(goal) for _, goal in flight.orders],
            "wall_s": wall_s,
            "first_commands": flight.commands[:FIRST_COMMANDS].tolist(),
            "policy_ms": flight.policy_ms.tolist(),
        }
        with (self._folder / LINES).open("a") as file:
            file.write(json.dumps(line) + "\n")

    def finish(self) -> None:
        """Write the film and the picture of a tour."""
        if self._is_tour:
            join(self._films, self._folder / "tour.mp4")
            draw_tour(self._shown, self._folder / "tour.png")


def join(films: Sequence[Path], into: Path) -> None:
    """Write films of one size, from the same folder, one after the other as they are."""
    names = into.with_suffix(".txt")
    names.write_text("".join(f"file '{film.name}'\n" for film in films))
    command = [get_ffmpeg_exe(), "-y", "-loglevel", "error", "-f", "concat", "-safe", "0"]
    subprocess.run([*command, "-i", names, "-c", "copy", into], check=True)
    names.unlink()
