"""Any other named numbers, scaled as the configuration says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...contract import InputCard
from ._scaled import Scaled


class VectorEncoder(Scaled):
    """Named numbers, ``(x - mean) / scale``.

    Args:
        card: of the numbers.
        mean: one for each number, or one for all.
        scale: as mean, above 0.
    """

    kind: ClassVar = "vector"

    def __init__(
        self,
        card: InputCard,
        *,
        mean: float | Sequence[float] = 0.0,
        scale: float | Sequence[float] = 1.0,
    ) -> None:
        super().__init__(card, mean, scale)
