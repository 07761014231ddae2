"""The policy network: eye and IMU into a liquid cell, the cell's output to a command."""

from __future__ import annotations

from typing import Any

import msgspec
import torch
from torch import Tensor, nn

from ..contract import CameraCard, CommandLimits, Timing
from .cells import make_cell
from .eye import Eye

IMU_MEAN = (0.0, 0.0, 0.0, 0.0, 0.0, 9.81)
IMU_SCALE = (1.0, 1.0, 1.0, 4.0, 4.0, 4.0)


class NetworkConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a policy network is made of; ``cell`` is a name from the cell registry."""

    cell: str = "cfc"
    cell_settings: dict[str, Any] = {}
    features: int = 64


class PolicyNetwork(nn.Module):
    """The step graph: (image, imu, dt, hidden) to (command, next_hidden), batch first."""

    imu_mean: Tensor
    imu_scale: Tensor
    command_scale: Tensor

    def __init__(
        self,
        config: NetworkConfig,
        camera: CameraCard | None = None,
        limits: CommandLimits | None = None,
        timing: Timing | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        self.camera = camera or CameraCard()
        self.limits = limits or CommandLimits()
        self.timing = timing or Timing()
        self.eye = Eye(self.camera.height, self.camera.width, config.features)
        self.cell = make_cell(config.cell, config.features + 6, **config.cell_settings)
        self.head = nn.Linear(self.cell.output_size, 4)
        # Untrained, it hovers: the first lessons are not spent on unlearning random commands.
        nn.init.xavier_uniform_(self.head.weight, gain=0.05)
        nn.init.zeros_(self.head.bias)
        self.register_buffer("imu_mean", torch.tensor(IMU_MEAN), persistent=False)
        self.register_buffer("imu_scale", torch.tensor(IMU_SCALE), persistent=False)
        self.register_buffer(
            "command_scale", torch.tensor(self.limits.as_tuple()), persistent=False
        )

    def forward(
        self, image: Tensor, imu: Tensor, dt: Tensor, hidden: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Advance one frame.

        Args:
            image: (batch, height, width, 3) uint8 RGB.
            imu: (batch, 6) gyroscope rad/s, accelerometer m/s2, body FLU.
            dt: (batch, 1) seconds since the previous frame.
            hidden: (batch, state) state after the previous frame, zero at first.

        Returns:
            Command (batch, 4), forward, left, up m/s and yaw rate rad/s, and the next state.
        """
        x = torch.cat([self.eye(image), self._normalise(imu)], dim=-1)
        y, hidden = self.cell.step(x, hidden, dt / self.timing.nominal_dt_s)
        return self._command(y), hidden

    def look(self, images: Tensor) -> Tensor:
        """Map (..., height, width, 3) uint8 RGB to (..., features), each image for itself."""
        features = self.eye(images.flatten(0, -4)).float()
        return features.unflatten(0, images.shape[:-3])

    def decide(
        self,
        features: Tensor,
        imu: Tensor,
        dts: Tensor,
        hidden: Tensor,
        reset: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Map a sequence to commands; with ``look``, the same numbers as repeated ``forward``.

        Args:
            features: (batch, time, features) from ``look``.
            imu: (batch, time, 6).
            dts: (batch, time, 1) seconds.
            hidden: (batch, state).
            reset: (batch, time) bool, where a flight begins.

        Returns:
            Commands (batch, time, 4) and the last state.
        """
        xs = torch.cat([features, self._normalise(imu)], dim=-1)
        ys, hidden = self.cell.scan(xs, hidden, dts / self.timing.nominal_dt_s, reset)
        return self._command(ys), hidden

    def _normalise(self, imu: Tensor) -> Tensor:
        return ((imu - self.imu_mean) / self.imu_scale).clamp(-5.0, 5.0)

    def _command(self, y: Tensor) -> Tensor:
        return torch.tanh(self.head(y)) * self.command_scale
