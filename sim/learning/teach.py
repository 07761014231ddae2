"""Teach encoders to see from labelled pictures, before anything is flown."""

from __future__ import annotations

import io
import math
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from liquid_control.networks.encoders import Encoder
from liquid_control.networks.policy import PolicyNetwork

from .collect import Lesson
from .config import AugmentConfig, EyeConfig
from .labels import label_dtype
from .plan import Plan
from .progress import Progress
from .stills import still_dtype, take_stills
from .store import Recordings, StoreError, write_whole
from .taught import export_eye

READERS = 4
"""Batches that are read while one is learnt from."""
LEFT_TO_RIGHT = {"kinds": 2, "colours": 2, "distances": 2, "obstacles": 1}
"""The axis of a batch of labels along which a mirror turns them."""


def teach(
    network: PolicyNetwork, lessons: Plan, folder: Path, progress: Progress
) -> dict[str, Path]:
    """Teach every encoder that can be taught by labels, or take those of a policy; freeze them.

    Returns:
        Files of what the encoders came to, by the name of their input; none where the
        configuration neither draws worlds for that nor names a policy.

    Raises:
        ConfigError: the world cannot be labelled.
        StoreError: a file cannot be read or written.
    """
    config, eyes = lessons.config.eye, {}
    for name in network.teachable if config.worlds or lessons.config.eye_from else ():
        encoder, eyes[name] = network.encoders[name], folder / f"{name}.onnx"
        assert isinstance(encoder, Encoder)
        if config.worlds:
            _School(encoder, name, lessons, folder, progress).run()
        network.freeze(name)
        if not eyes[name].exists():
            export_eye(encoder, lessons.card, name, eyes[name])
    return eyes


class _School:
    """One encoder, its pictures and its checkpoints."""

    def __init__(
        self, encoder: Encoder, name: str, lessons: Plan, folder: Path, progress: Progress
    ) -> None:
        self._encoder, self._name, self._lessons = encoder, name, lessons
        self._folder, self._progress = folder, progress
        self._config, self._augment = lessons.config.eye, lessons.config.augment

    def run(self) -> None:
        """Go on from the last epoch to the last of all."""
        path, config = self._folder / f"{self._name}.pt", self._config
        rate, decay = config.learning_rate, config.weight_decay
        optimizer = torch.optim.AdamW(self._encoder.parameters(), lr=rate, weight_decay=decay)
        done = self._load(path, optimizer) if path.exists() else 0
        if done < config.epochs:
            plan, folder = self._lessons, self._folder
            pictures = self._take("pictures", plan.sights(folder / "pictures"))
            watched = self._take("watched", plan.lessons(plan.validation, folder / "watched"))
        for epoch in range(done, config.epochs):
            loss = self._epoch(pictures, optimizer, epoch)
            seen = self._watch(watched)
            state = {
                "encoder": self._encoder.state_dict(),
                "optimizer": optimizer.state_dict(),
                "epoch": epoch + 1,
            }
            buffer = io.BytesIO()
            torch.save(state, buffer)
            write_whole(path, partial(Path.write_bytes, data=buffer.getbuffer()))
            self._progress.say(f"eye, epoch {epoch + 1}: loss {loss:.4f}, watched {seen:.4f}")

    def _take(self, what: str, lessons: Sequence[Lesson]) -> Recordings:
        count = sum(len(lesson.seeds) for lesson in lessons)
        with self._progress.bar(count, f"worlds, {what}") as advance:
            for _ in take_stills(lessons, self._name, self._config.pictures):
                advance()
        paths = (path for lesson in lessons for path in lesson.paths())
        return Recordings(paths, still_dtype(self._lessons.card, self._name))

    def _epoch(self, pictures: Recordings, optimizer: torch.optim.Optimizer, epoch: int) -> float:
        config, rng = self._config, np.random.default_rng((self._lessons.config.seed, 7, epoch))
        order = rng.permutation(len(pictures)).tolist()
        batches = [
            order[i : i + config.batch_worlds] for i in range(0, len(order), config.batch_worlds)
        ]
        losses = []
        self._encoder.train()
        with self._progress.bar(len(batches), f"eye, epoch {epoch + 1}") as advance:
            for i, batch in enumerate(self._read(pictures, batches)):
                done = (epoch + i / len(batches)) / config.epochs
                for group in optimizer.param_groups:
                    group["lr"] = _learning_rate(config, done)
                shown = varied(*self._moved(*batch), config, self._augment, rng)
                loss = self._encoder.loss(*shown)
                optimizer.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(self._encoder.parameters(), 1.0)
                optimizer.step()
                losses.append(loss.detach())
                advance()
        return torch.stack(losses).mean().item()

    def _read(
        self, pictures: Recordings, batches: Sequence[Sequence[int]]
    ) -> Iterator[tuple[Tensor, dict[str, Tensor]]]:
        """Yield batch after batch; the next are read while one is learnt from."""
        with ThreadPoolExecutor(READERS) as readers:
            coming: deque[Future[tuple[Tensor, dict[str, Tensor]]]] = deque()
            for batch in batches:
                coming.append(readers.submit(self._batch, pictures, batch))
                if len(coming) > READERS:
                    yield coming.popleft().result()
            while coming:
                yield coming.popleft().result()

    @torch.no_grad()
    def _watch(self, watched: Recordings) -> float:
        self._encoder.eval()
        batches = (self._moved(*self._batch(watched, [i])) for i in range(len(watched)))
        return float(np.mean([self._encoder.loss(*batch).item() for batch in batches]))

    def _moved(
        self, images: Tensor, labels: dict[str, Tensor]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Return a batch on the device that the encoder is on."""
        device = next(self._encoder.parameters()).device
        return images.to(device), {name: value.to(device) for name, value in labels.items()}

    def _batch(
        self, pictures: Recordings, worlds: Sequence[int]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        rows = np.concatenate([pictures[i] for i in worlds])
        names = label_dtype(self._lessons.card.inputs[self._name]).names or ()
        labels = {name: torch.from_numpy(rows[name].copy()) for name in names}
        return torch.from_numpy(rows[self._name].copy()), labels

    def _load(self, path: Path, optimizer: torch.optim.Optimizer) -> int:
        try:
            state = torch.load(path, map_location="cpu", weights_only=True)
            self._encoder.load_state_dict(state["encoder"])
            optimizer.load_state_dict(state["optimizer"])
            return int(state["epoch"])
        except Exception:  # torch raises whatever its readers raise
            raise StoreError(
                f"{path}: expected a checkpoint of this encoder, found another or a damaged "
                "file; delete it to teach it anew"
            ) from None


def varied(
    images: Tensor,
    labels: dict[str, Tensor],
    config: EyeConfig,
    augment: AugmentConfig,
    rng: Generator,
) -> tuple[Tensor, dict[str, Tensor]]:
    """Return pictures of another exposure, half of the batches in a mirror.

    Args:
        images: (batch, height, width, 3) uint8.
        labels: as an encoder's ``loss`` takes them.
        config: whether there are mirrors.
        augment: the range of exposures; each picture draws its own.
        rng: of the epoch.
    """
    gain = rng.uniform(*augment.exposure_gain, len(images)).astype(np.float32)
    offset = rng.uniform(*augment.exposure_offset, len(images)).astype(np.float32)
    gains, offsets = (
        torch.from_numpy(v)[:, None, None, None].to(images.device) for v in (gain, offset)
    )
    images = (images.float() * gains + offsets).clamp(0, 255).to(torch.uint8)
    if not (config.mirrored and rng.random() < 0.5):
        return images, labels
    turned = {
        name: value.flip(LEFT_TO_RIGHT[name]) if name in LEFT_TO_RIGHT else value
        for name, value in labels.items()
    }
    return images.flip(2), turned


def _learning_rate(config: EyeConfig, done: float) -> float:
    warm = min(1.0, 0.05 + done * 50)
    return config.learning_rate * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))
