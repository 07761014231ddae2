"""Curves for TensorBoard, in the run directory: ``tensorboard --logdir runs/train``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from torch.utils.tensorboard import SummaryWriter

from liquid_control.contract import Score

from ..config import TrainConfig
from . import Callback


class TensorBoard(Callback):
    """One curve a metric, one point an epoch."""

    def on_begin(self, config: TrainConfig, run: Path) -> None:
        """Open the event file."""
        self._writer = SummaryWriter(str(run / "tensorboard"))

    def on_epoch(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """Add a point to every curve."""
        for name, value in metrics.items():
            self._writer.add_scalar(name, value, epoch)
        self._writer.flush()

    def on_end(self, policy: Path, scores: Sequence[Score]) -> None:
        """Write the success rates and close the file."""
        for score in scores:
            self._writer.add_scalar(f"success/{score.suite}", score.successes / score.episodes)
        self._writer.close()
