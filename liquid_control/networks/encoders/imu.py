"""The IMU: gyroscope in rad/s, accelerometer in 4 m/s2 around gravity."""

from __future__ import annotations

from typing import ClassVar

from ...contract import InputCard
from ._scaled import Scaled

MEAN = (0.0, 0.0, 0.0, 0.0, 0.0, 9.81)
SCALE = (1.0, 1.0, 1.0, 4.0, 4.0, 4.0)


class ImuEncoder(Scaled):
    """Six numbers, scaled; at rest and level they are zero."""

    kind: ClassVar = "imu"

    def __init__(self, card: InputCard) -> None:
        super().__init__(card, MEAN, SCALE)

    @property
    def feature_names(self) -> list[str]:
        """Rates about, then accelerations along forward, left and up."""
        return [f"{what}_{axis}" for what in ("rate", "push") for axis in ("x", "y", "z")]
