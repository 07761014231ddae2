"""Numbers brought to about -1 to 1 by constants."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ...contract import InputCard
from .base import Encoder

LARGEST = 5.0


class Scaled(Encoder):
    """``(x - mean) / scale``, within +-5: one wild number does not drown all others.

    Args:
        card: of named numbers.
        mean: one for each number, or one for all.
        scale: above 0, as mean.
    """

    mean: Tensor
    scale: Tensor

    def __init__(
        self, card: InputCard, mean: float | Sequence[float], scale: float | Sequence[float]
    ) -> None:
        super().__init__(card, card.size)
        for name, given in (("mean", mean), ("scale", scale)):
            values = torch.as_tensor(given, dtype=torch.float32)
            if values.dim() == 0:
                values = values.repeat(card.size)
            if values.shape != (card.size,):
                raise ValueError(
                    f"expected {card.size} numbers for {name}, found {values.numel()}"
                )
            self.register_buffer(name, values, persistent=False)
        if not bool((self.scale > 0).all()):
            raise ValueError("expected every scale above 0")

    def forward(self, x: Tensor, goal: Tensor | None = None) -> Tensor:
        """Map (batch, *shape) to (batch, size)."""
        return ((x.flatten(1) - self.mean) / self.scale).clamp(-LARGEST, LARGEST)
