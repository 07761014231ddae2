"""Recorded flights: what the policy saw and what the expert would have done."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

from liquid_control.contract import Command, Image, Observation, Timing


@dataclass(frozen=True)
class Recording:
    """One flight; the first axis of every array is the frame.

    Attributes:
        images: (frames, height, width, 3) uint8 RGB.
        imu: (frames, 6) float32.
        dt_s: (frames, 1) float32.
        commands: (frames, 4) float32, what the expert did or would have done.
    """

    images: Image
    imu: NDArray[np.float32]
    dt_s: NDArray[np.float32]
    commands: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.images)

    def save(self, path: Path) -> None:
        """Write the flight whole or not at all."""
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.savez(
                file, images=self.images, imu=self.imu, dt_s=self.dt_s, commands=self.commands
            )
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> Recording:
        """Read a flight."""
        with np.load(path, allow_pickle=False) as file:
            return cls(file["images"], file["imu"], file["dt_s"], file["commands"])


class RecordingBuilder:
    """Collects observations with the expert's commands."""

    def __init__(self) -> None:
        self._observations: list[Observation] = []
        self._commands: list[Command] = []

    def add(self, observation: Observation, command: Command) -> None:
        """Keep one frame."""
        self._observations.append(observation)
        self._commands.append(command)

    def build(self) -> Recording:
        """Return the flight."""
        return Recording(
            np.stack([o.image for o in self._observations]),
            np.stack([o.imu for o in self._observations]),
            np.array([[o.dt_s] for o in self._observations], np.float32),
            np.array([c.as_tuple() for c in self._commands], np.float32),
        )


def data_sha256(recordings: Sequence[Recording]) -> str:
    """Return the digest of all flights, in order."""
    digest = hashlib.sha256()
    for recording in recordings:
        for array in (recording.images, recording.imu, recording.dt_s, recording.commands):
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


@dataclass(frozen=True)
class Chunk:
    """Consecutive frames of several lanes, (lanes, chunk, ...); ``reset`` marks a first frame."""

    images: Tensor
    imu: Tensor
    dt_s: Tensor
    commands: Tensor
    reset: Tensor

    def to(self, device: torch.device) -> Chunk:
        """Return the chunk on that device."""
        return Chunk(**{name: tensor.to(device) for name, tensor in vars(self).items()})


def chunks(
    recordings: Sequence[Recording], lanes: int, length: int, timing: Timing, rng: Generator
) -> Iterator[Chunk]:
    """Yield one epoch: flights shuffled, laid end to end on lanes, cut into chunks.

    A lane's chunks follow each other, so the state is carried from one to the
    next. Each flight is augmented once an epoch. dt is clamped as at run time.
    """
    order = rng.permutation(len(recordings))
    lane_frames = _deal(recordings, order, lanes)
    steps = min(len(frames) for frames in lane_frames) // length
    exposures = {int(i): _draw_exposure(rng) for i in order}
    for step in range(max(1, steps)):
        window = [frames[step * length : (step + 1) * length] for frames in lane_frames]
        size = min(len(w) for w in window)
        window = [w[:size] for w in window]
        images = np.stack([_images(recordings, exposures, w) for w in window])
        imu, dt_s, commands = (
            np.stack([np.stack([getattr(recordings[i], name)[t] for i, t in w]) for w in window])
            for name in ("imu", "dt_s", "commands")
        )
        reset = np.array(
            [
                [t == 0 or recordings[i].dt_s[t, 0] > timing.reset_after_s for i, t in w]
                for w in window
            ]
        )
        dt_s = np.where(reset[..., None], timing.nominal_dt_s, dt_s)
        yield Chunk(
            torch.from_numpy(images),
            torch.from_numpy(imu),
            torch.from_numpy(dt_s.clip(timing.min_dt_s, timing.max_dt_s).astype(np.float32)),
            torch.from_numpy(commands),
            torch.from_numpy(reset),
        )


def count_chunks(recordings: Sequence[Recording], lanes: int, length: int) -> int:
    """Return about how many chunks an epoch has."""
    return max(1, sum(len(r) for r in recordings) // (lanes * length))


def _deal(
    recordings: Sequence[Recording], order: NDArray[np.int64], lanes: int
) -> list[list[tuple[int, int]]]:
    """Give each flight in turn to the shortest lane; return (flight, frame) pairs a lane."""
    dealt: list[list[tuple[int, int]]] = [[] for _ in range(min(lanes, len(recordings)))]
    for i in order.tolist():
        lane = min(dealt, key=len)
        lane.extend((i, t) for t in range(len(recordings[i])))
    return dealt


def _draw_exposure(rng: Generator) -> Image:
    """Draw one flight's change of exposure: a table from grey level to grey level, black kept."""
    table = np.arange(256) * rng.uniform(0.65, 1.35) + rng.uniform(-12, 12)
    table[0] = 0.0
    return np.clip(table, 0, 255).astype(np.uint8)


def _images(
    recordings: Sequence[Recording], exposures: dict[int, Image], window: list[tuple[int, int]]
) -> Image:
    """Gather one lane's images, a run of frames of one flight at a time."""
    parts, start = [], 0
    for end in range(1, len(window) + 1):
        if end == len(window) or window[end][0] != window[start][0]:
            flight, first = window[start]
            run = recordings[flight].images[first : first + end - start]
            parts.append(exposures[flight][run])
            start = end
    return np.concatenate(parts)
