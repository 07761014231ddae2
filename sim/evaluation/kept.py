"""Flights that were flown before: a file of lines for each cell, so that a suite goes on."""

from __future__ import annotations

import json
import re
from functools import cache
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from liquid_control.contract.record import leaves

from .cells import Cell
from .worker import Flown

APART = {
    "liquid_control": ("cli", "importers", "networks", "nodes", "platforms", "record", "research"),
    "liquid_control_sim": ("evaluation", "learning", "templates"),
}
"""Folders with code that no flight runs through,"""
FLOWN = frozenset({"baselines", "difficulty.py", "pilots.py", "worker.py"})
"""but for these in them."""


class Kept:
    """The flights of one cell in a folder; each is written as it ends.

    Args:
        folder: of the suite.
        cell: whose flights they are.
    """

    def __init__(self, folder: Path, cell: Cell) -> None:
        self.path = folder / f"{name_of(cell)}.jsonl"

    def read(self) -> dict[int, Flown]:
        """Return the flights by seed; a line that was not finished is none."""
        found = {}
        for line in self.path.read_bytes().splitlines() if self.path.exists() else ():
            try:
                flown = msgspec.json.decode(line, type=Flown)
            except msgspec.MsgspecError:
                continue
            found[flown.flight.seed] = flown
        return found

    def add(self, flown: Flown) -> None:
        """Write a flight down at once."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            file.write(b"\n" + msgspec.json.encode(flown))  # after a line that was cut off too


def name_of(cell: Cell) -> str:
    """Return what to call a cell's files.

    The name has a digest of the model, the whole world and the code that flies; so what was flown
    otherwise is never taken for a flight of this cell.
    """
    what = [cell.model_sha256 or cell.model, cell.world, _own_files(cell.world), _code()]
    digest = sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]
    names = (cell.task, cell.condition, cell.model)
    return ".".join([*(re.sub(r"\W+", "_", Path(name).name) for name in names), digest])


@cache
def _code() -> str:
    """Return a digest of the code that a flight runs through."""
    digest = sha256()
    for package, apart in APART.items():
        root = Path(import_module(package).__path__[0])
        for file in sorted(root.rglob("*")):
            folder, *below = file.relative_to(root).parts
            flown = folder not in apart or not FLOWN.isdisjoint(below)
            if file.suffix in (".py", ".xml") and flown:
                digest.update(file.read_bytes())
    return digest.hexdigest()


def _own_files(world: dict[str, Any]) -> list[str]:
    """Return digests of the files that a world names, such as somebody's own task."""
    texts = (value for _, value in leaves(world) if isinstance(value, str))
    paths = [Path(text.rpartition(":")[0] if ".py:" in text else text) for text in texts]
    return [sha256(path.read_bytes()).hexdigest() for path in paths if path.is_file()]
