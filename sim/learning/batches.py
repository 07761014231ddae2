"""Recorded flights as what an update needs: chunks of several flights side by side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

from liquid_control.contract import PolicyCard, Timing

from .config import AugmentConfig
from .store import COMMAND, DT, RECALL, Recordings, Rows

Table = NDArray[np.uint8]
"""(256,) from grey level to grey level."""


@dataclass(frozen=True)
class Chunk:
    """Consecutive steps of several lanes; every array is (lanes, steps, ...).

    Attributes:
        inputs: by name, in the dtype of the card.
        dt_s: (lanes, steps, 1) float32, clamped as in flight.
        command: (lanes, steps, fields) float32, the expert's.
        recall: (lanes, steps, recalled) float32, what the expert remembers; of no expert that
            says so it is empty.
        reset: (lanes, steps) bool, where the state begins at zero.
    """

    inputs: dict[str, Tensor]
    dt_s: Tensor
    command: Tensor
    recall: Tensor
    reset: Tensor

    def to(self, device: torch.device) -> Chunk:
        """Return the chunk on that device."""
        inputs = {name: tensor.to(device) for name, tensor in self.inputs.items()}
        rest = (t.to(device) for t in (self.dt_s, self.command, self.recall, self.reset))
        return Chunk(inputs, *rest)


def chunks(
    recordings: Recordings,
    card: PolicyCard,
    size: tuple[int, int],
    augment: AugmentConfig,
    rng: Generator,
) -> Iterator[Chunk]:
    """Yield one epoch: flights shuffled, laid end to end on lanes, cut into chunks.

    A lane's chunks follow each other, so the state is carried from one to the
    next. Each flight is augmented once an epoch.

    Args:
        recordings: the flights.
        card: of the policy that learns from them.
        size: lanes, and steps of each in a chunk.
        augment: how images are varied.
        rng: of this epoch.
    """
    lanes, length = size
    order = rng.permutation(len(recordings)).tolist()
    exposures = {flight: _draw_exposure(augment, rng) for flight in order}
    dealt = _deal(order, recordings.lengths, lanes)
    readers = [_Lane(recordings, flights, card, exposures) for flights in dealt]
    left = min(reader.steps for reader in readers)
    while left > 0:
        steps = min(length, left)
        chunk = _join([reader.read(steps) for reader in readers], card)
        _black_out(chunk, card, augment, rng)
        yield chunk
        left -= steps
        if left < length:  # a shorter chunk is only better than none
            return


def whole(rows: Rows, card: PolicyCard) -> Chunk:
    """Return one flight, unchanged, as a chunk of one lane."""
    return _join([[_Part(rows, card.timing)]], card)


def count_chunks(recordings: Recordings, lanes: int, length: int) -> int:
    """Return about how many chunks an epoch has."""
    return max(1, sum(recordings.lengths) // (lanes * length))


class _Part:
    """Consecutive rows of one flight, made ready to be joined with others."""

    def __init__(
        self, rows: Rows, timing: Timing, first: int = 0, exposure: Table | None = None
    ) -> None:
        self.rows, self.exposure = rows, exposure
        dt_s = rows[DT]
        self.reset = dt_s > timing.reset_after_s
        if first == 0:
            self.reset[0] = True
        dt_s = np.where(self.reset, timing.nominal_dt_s, dt_s)
        self.dt_s = dt_s.clip(timing.min_dt_s, timing.max_dt_s).astype(np.float32)[:, None]

    def values(self, name: str, is_image: bool) -> NDArray[np.generic]:
        """Return one input, (steps, ...); an image with its flight's exposure."""
        rows = self.rows[name]
        return self.exposure[rows] if is_image and self.exposure is not None else rows

    @property
    def recall(self) -> NDArray[np.float32]:
        """What the expert remembered, (steps, recalled)."""
        if RECALL in (self.rows.dtype.names or ()):
            recall: NDArray[np.float32] = self.rows[RECALL]
            return recall
        return np.zeros((len(self.rows), 0), np.float32)


class _Lane:
    """Reads the flights of one lane end to end; only the one that it is in is mapped."""

    def __init__(
        self,
        recordings: Recordings,
        flights: list[int],
        card: PolicyCard,
        exposures: dict[int, Table],
    ) -> None:
        self.steps = sum(recordings.lengths[i] for i in flights)
        self._recordings, self._left = recordings, flights[::-1]
        self._timing, self._exposures = card.timing, exposures
        self._rows: Rows | None = None
        self._flight = self._at = 0

    def read(self, count: int) -> list[_Part]:
        """Return the next ``count`` steps, a part a flight."""
        parts = []
        while count > 0:
            if self._rows is None:
                self._flight, self._at = self._left.pop(), 0
                self._rows = self._recordings[self._flight]
            rows = self._rows[self._at : self._at + count]
            parts.append(_Part(rows, self._timing, self._at, self._exposures[self._flight]))
            count -= len(rows)
            self._at += len(rows)
            if self._at == len(self._rows):
                self._rows = None
        return parts


def _join(lanes: list[list[_Part]], card: PolicyCard) -> Chunk:
    inputs = {}
    for name, given in card.inputs.items():
        is_image = given.kind == "image" and lanes[0][0].rows[name].dtype == np.uint8
        inputs[name] = _stack([[part.values(name, is_image) for part in lane] for lane in lanes])
    return Chunk(
        inputs,
        _stack([[part.dt_s for part in lane] for lane in lanes]),
        _stack([[part.rows[COMMAND] for part in lane] for lane in lanes]),
        _stack([[part.recall for part in lane] for lane in lanes]),
        _stack([[part.reset for part in lane] for lane in lanes]),
    )


def _stack(lanes: list[list[NDArray[np.generic]]]) -> Tensor:
    return torch.from_numpy(np.stack([np.concatenate(parts) for parts in lanes]))


def _deal(order: list[int], lengths: list[int], lanes: int) -> list[list[int]]:
    """Give each flight in turn to the shortest lane; return the flights of every lane."""
    dealt: list[list[int]] = [[] for _ in range(min(lanes, len(order)))]
    steps = [0] * len(dealt)
    for flight in order:
        lane = steps.index(min(steps))
        dealt[lane].append(flight)
        steps[lane] += lengths[flight]
    return dealt


def _draw_exposure(augment: AugmentConfig, rng: Generator) -> Table:
    """Draw one flight's change of exposure; black is kept."""
    gain, offset = rng.uniform(*augment.exposure_gain), rng.uniform(*augment.exposure_offset)
    table = np.arange(256) * gain + offset
    table[0] = 0.0
    return np.clip(table, 0, 255).astype(np.uint8)


def _black_out(chunk: Chunk, card: PolicyCard, augment: AugmentConfig, rng: Generator) -> None:
    """Blacken a run of images in some lanes: only the state can bridge it."""
    images = [
        tensor
        for name, tensor in chunk.inputs.items()
        if card.inputs[name].kind == "image" and tensor.dtype == torch.uint8
    ]
    lanes, steps = chunk.reset.shape
    for lane in range(lanes):
        if rng.random() < augment.blackout_share:
            low, high = augment.black_frames
            run, start = int(rng.integers(low, high + 1)), int(rng.integers(0, steps))
            for image in images:
                image[lane, start : start + run] = 0
