"""Flights on disk: one file a flight, one row a policy step, read without filling memory."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from liquid_control.contract import Command, Observation, PolicyCard
from liquid_control.errors import ConfigError, LiquidControlError

DT, COMMAND, RECALL = "dt_s", "command", "recall"

Rows = NDArray[np.void]
"""(steps,) structured: every input of the card by name, ``dt_s``, ``command``, and ``recall``
where the expert says what it remembers."""


class StoreError(LiquidControlError):
    """A file of a run cannot be read or written; the message says why."""


def row_dtype(
    card: PolicyCard, features: Mapping[str, int] = {}, recalled: int = 0
) -> np.dtype[np.void]:
    """Return what one policy step is on disk: inputs as observed, time step, expert's command.

    Args:
        card: of the policy to be.
        features: how many numbers are kept of an input instead of what was observed: those that
            its encoder, which is no longer taught, makes of it.
        recalled: how many numbers the expert says of what it remembers.

    Raises:
        ConfigError: an input has the name of another column.
    """
    taken = {DT, COMMAND, RECALL} & set(card.inputs)
    if taken:
        raise ConfigError(f"{taken.pop()} cannot be the name of an input; rename the sensor")
    inputs = [
        (name, "float32", (features[name],)) if name in features else (name, i.dtype, i.shape)
        for name, i in card.inputs.items()
    ]
    expert = [(COMMAND, "float32", len(card.command.fields))]
    if recalled:
        expert.append((RECALL, "float32", (recalled,)))  # type: ignore[arg-type]
    return np.dtype([*inputs, (DT, "float32"), *expert])


class Eye(Protocol):
    """An encoder that is no longer taught."""

    features: int

    def look(self, values: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        """Return the features of an observation."""


class FlightLog:
    """Collects the rows of one flight: what was observed, and the expert's command to it.

    Args:
        card: of the policy to be.
        eyes: of those inputs of which features are kept.
        recalled: how many numbers are kept of what the expert remembers.
    """

    def __init__(self, card: PolicyCard, eyes: Mapping[str, Eye] = {}, recalled: int = 0) -> None:
        self._eyes, self._names, self._recalls = eyes, tuple(card.inputs), recalled > 0
        features = {name: eye.features for name, eye in eyes.items()}
        self._dtype = row_dtype(card, features, recalled)
        self._steps: list[tuple[Any, ...]] = []

    def add(
        self, observation: Observation, command: Command, recall: tuple[float, ...] = ()
    ) -> None:
        """Keep one step."""
        seen = observation.values
        kept = [
            self._eyes[name].look(seen) if name in self._eyes else seen[name]
            for name in self._names
        ]
        said = (command.values, recall) if self._recalls else (command.values,)
        self._steps.append((*kept, observation.dt_s, *said))

    def rows(self) -> Rows:
        """Return the flight."""
        return np.array(self._steps, self._dtype)


class Recordings:
    """Recorded flights by number; each is mapped from its file while somebody reads it.

    Args:
        paths: one file a flight.
        dtype: what every file must hold, from ``row_dtype``.

    Raises:
        StoreError: a file is missing, damaged, or of other inputs.
    """

    def __init__(self, paths: Iterable[Path], dtype: np.dtype[np.void]) -> None:
        self._paths, self._dtype = list(paths), dtype
        self.lengths = [len(self[i]) for i in range(len(self._paths))]

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: int) -> Rows:
        """Return a read-only map of one flight's rows."""
        return read_flight(self._paths[index], self._dtype)

    def sha256(self) -> str:
        """Return the digest of all flights, in order."""
        digest = hashlib.sha256()
        for i in range(len(self)):
            digest.update(self[i].tobytes())
        return digest.hexdigest()


def read_flight(path: Path, dtype: np.dtype[np.void]) -> Rows:
    """Map one flight's file.

    Raises:
        StoreError: it is missing, damaged, empty, or of other inputs.
    """
    try:
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        raise StoreError(f"{path}: the flight is missing; go on with --resume") from None
    except (OSError, ValueError, EOFError, SyntaxError) as error:  # what numpy's reader raises
        reason = " ".join(str(error).split())
        raise StoreError(
            f"{path}: expected a recorded flight, found a damaged file ({reason}); "
            "delete it, and go on with --resume to record it anew"
        ) from None
    if rows.dtype != dtype or rows.ndim != 1 or not len(rows):
        raise StoreError(
            f"{path}: expected steps of {_columns(dtype)}, found {rows.shape} of "
            f"{_columns(rows.dtype)}; delete it, and go on with --resume to record it anew"
        )
    return rows


def write_flight(path: Path, rows: Rows) -> None:
    """Write one flight whole or not at all.

    Raises:
        StoreError: the disk is full or may not be written.
    """
    write_whole(path, lambda part: _save(part, rows))


def write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Let ``write`` fill a file beside ``path`` that then takes its place, or leave no trace.

    Raises:
        StoreError: the disk is full or may not be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            write(part)
            part.replace(path)
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Name the file that cannot be written.

    Raises:
        StoreError: the disk is full or may not be written.
    """
    try:
        yield
    except OSError as error:
        raise StoreError(
            f"{path}: cannot be written ({error.strerror or error}); make room or choose another "
            "directory, and go on with --resume"
        ) from None


def _save(part: Path, rows: Rows) -> None:
    with part.open("wb") as file:
        np.save(file, rows, allow_pickle=False)


def _columns(dtype: np.dtype[Any]) -> str:
    names: Sequence[str] = dtype.names or ()
    return ", ".join(f"{n} {dtype[n].base}{list(dtype[n].shape)}" for n in names) or str(dtype)
