"""Odometry: heading-aligned velocity, yaw rate and height in the sizes of slow flight."""

from __future__ import annotations

from typing import ClassVar

from ...contract import InputCard
from ._scaled import Scaled

MEAN = (0.0, 0.0, 0.0, 0.0, 1.5)
SCALE = (1.0, 1.0, 1.0, 1.0, 1.5)


class OdometryEncoder(Scaled):
    """``contract.inputs.ODOMETRY_FIELDS``, scaled."""

    kind: ClassVar = "odometry"

    def __init__(self, card: InputCard) -> None:
        super().__init__(card, MEAN, SCALE)
