"""The closed-form continuous-time cell: a liquid network without an ODE solver."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...errors import ConfigError
from ._cfc_scan import Layer, cfc_scan, fold_time
from .base import Cell

MODES = ("default", "no_gate", "pure")


class CfC(Cell):
    """Closed-form continuous-time cell (arXiv:2106.13898).

    With ``z = backbone([x, h])`` and elapsed time ``t``::

        g  = sigmoid(time_a(z) * t + time_b(z))
        h' = tanh(ff1(z)) * (1 - g) + g * tanh(ff2(z))       default
        h' = tanh(ff1(z)) + g * tanh(ff2(z))                 no_gate
        h' = A - A * exp(-t * (|w_tau| + |ff1(z)|)) * ff1(z)  pure

    The heads are the rows of one matrix, in the order ff1, ff2, time_b, time_a.
    The state is h and the output is h, both (batch, units).

    Args:
        input_size: number of input features.
        units: number of neurons.
        backbone_units: width of each backbone layer.
        backbone_layers: number of backbone layers; 0 feeds ``[x, h]`` to the heads.
        mode: "default", "no_gate" or "pure", the three equations above.
        backbone_activation: "lecun_tanh", "tanh", "silu", "relu" or "gelu".
        head_activation: what stands for tanh on ff1 and ff2: "tanh", "lecun_tanh" or "linear".
    """

    takes_mixed_memory: ClassVar = True

    def __init__(
        self,
        input_size: int,
        units: int = 64,
        *,
        backbone_units: int = 128,
        backbone_layers: int = 1,
        mode: str = "default",
        backbone_activation: str = "lecun_tanh",
        head_activation: str = "tanh",
    ) -> None:
        super().__init__(input_size, state_size=units, output_size=units)
        _check_choice("mode", mode, MODES)
        _check_choice("backbone_activation", backbone_activation, BACKBONE_ACTIVATIONS)
        _check_choice("head_activation", head_activation, HEAD_ACTIVATIONS)
        self.units = units
        self.mode = mode
        self.backbone_activation = backbone_activation
        self.head_activation = head_activation
        widths = [input_size + units] + [backbone_units] * backbone_layers
        layers = [nn.Linear(wide, narrow) for wide, narrow in pairwise(widths)]
        self.backbone: Iterable[nn.Linear] = nn.ModuleList(layers)  # type: ignore[assignment]
        self.heads = nn.Linear(widths[-1], units if mode == "pure" else 4 * units)
        if mode == "pure":
            self.w_tau = nn.Parameter(torch.zeros(units))
            self.amplitude = nn.Parameter(torch.ones(units))
        for layer in layers:
            nn.init.xavier_uniform_(layer.weight)
        for head in self.heads.weight.detach().split(units):
            nn.init.xavier_uniform_(head)

    def head_weight(self) -> Tensor:
        """Return the fused head matrix, (heads * units, width)."""
        return self.heads.weight

    def step(self, x: Tensor, state: Tensor, dt: Tensor) -> tuple[Tensor, Tensor]:
        """Advance one step: (batch, input_size), (batch, units), (batch, 1)."""
        if torch.compiler.is_exporting() and self.mode == "default":
            h = self._lean_step(x, state, dt)
            return h, h
        activation = BACKBONE_ACTIVATIONS[self.backbone_activation]
        z = torch.cat([x, state], dim=1)
        for layer in self.backbone:
            z = activation(layer(z))
        heads = F.linear(z, self.head_weight(), self.heads.bias)
        if self.mode == "pure":
            decay = torch.exp(-dt * (self.w_tau.abs() + heads.abs()))
            h = self.amplitude - self.amplitude * decay * heads
            return h, h
        head_activation = HEAD_ACTIVATIONS[self.head_activation]
        ffs, time_b, time_a = heads.split([2 * self.units, self.units, self.units], dim=1)
        ff1, ff2 = head_activation(ffs).chunk(2, dim=1)
        gate = torch.sigmoid(time_a * dt + time_b)
        h = ff1 + gate * ff2 if self.mode == "no_gate" else ff1 + gate * (ff2 - ff1)
        return h, h

    def _lean_step(self, x: Tensor, state: Tensor, dt: Tensor) -> Tensor:
        """Return the same h' from the fewest graph nodes."""
        activation = BACKBONE_ACTIVATIONS[self.backbone_activation]
        if self.backbone_activation in TANH_SCALES:
            activation = torch.tanh
        *backbone, (weight, bias) = self.layers_of_plain_tanh()
        z = torch.cat([x, state], dim=1)
        for matrix, offset in backbone:
            z = activation(F.linear(z, matrix, offset))
        halves = self.halves(F.linear(z, mirror_time(weight), mirror_time(bias)), dt)
        return halves[:, : self.units] + halves[:, self.units :]

    def layers_of_plain_tanh(self) -> list[Layer]:
        """Return weight and bias of every layer, from ``[x, h]`` to the heads.

        The scales of a scaled tanh in the backbone are in the matrices before and behind it.
        """
        outer, inner = TANH_SCALES.get(self.backbone_activation, (1.0, 1.0))
        weights: list[Tensor] = [*(layer.weight for layer in self.backbone), self.head_weight()]
        biases: list[Tensor] = [*(layer.bias for layer in self.backbone), self.heads.bias]
        if (outer, inner) != (1.0, 1.0):
            last = len(weights) - 1
            weights = [
                weight * ((outer if i else 1.0) * (inner if i < last else 1.0))
                for i, weight in enumerate(weights)
            ]
            biases[:-1] = [bias * inner for bias in biases[:-1]]
        return list(zip(weights, biases, strict=True))

    @property
    def has_plain_tanh(self) -> bool:
        """Whether all activations are tanh, which the scans written by hand know."""
        tanh_backbone = self.backbone_activation in TANH_SCALES
        return self.mode != "pure" and self.head_activation == "tanh" and tanh_backbone

    def halves(self, heads: Tensor, dt: Tensor) -> Tensor:
        """Return ``tanh(ff1) * (1 - g)`` and ``tanh(ff2) * g``, whose sum is h', side by side.

        Args:
            heads: (batch, 6 * units) in the order of `mirror_time`.
            dt: (batch, 1).
        """
        ffs, time_b, time_a = heads.chunk(3, dim=1)
        return HEAD_ACTIVATIONS[self.head_activation](ffs) * torch.sigmoid(time_a * dt + time_b)

    def scan(
        self, xs: Tensor, state: Tensor, dts: Tensor, reset: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Advance over (batch, time, input_size); projects every input before the loop."""
        if not self.has_plain_tanh:
            return super().scan(xs, state, dts, reset)
        *backbone, heads = self.layers_of_plain_tanh()
        heads, dts_left = fold_time(heads, dts.transpose(0, 1))
        hs = cfc_scan(
            xs.transpose(0, 1),
            state,
            dts_left,
            keep=None if reset is None else (~reset.T).unsqueeze(2).to(xs.dtype),
            gated=self.mode == "default",
            layers=[*backbone, heads],
        )
        return hs.transpose(0, 1), hs[-1]


def mirror_time(heads: Tensor) -> Tensor:
    """Return rows ff1, ff2, -time_b, time_b, -time_a, time_a: one sigmoid gives 1 - g and g."""
    n = len(heads) // 4
    ffs, time_b, time_a = heads[: n * 2], heads[n * 2 : n * 3], heads[n * 3 :]
    return torch.cat([ffs, -time_b, time_b, -time_a, time_a])


TANH_SCALES = {"lecun_tanh": (1.7159, 0.666), "tanh": (1.0, 1.0)}


def lecun_tanh(x: Tensor) -> Tensor:
    """Return LeCun's scaled tanh, which keeps unit variance."""
    outer, inner = TANH_SCALES["lecun_tanh"]
    return outer * torch.tanh(inner * x)


def _identity(x: Tensor) -> Tensor:
    return x


Activation = Callable[[Tensor], Tensor]
BACKBONE_ACTIVATIONS: dict[str, Activation] = {
    "lecun_tanh": lecun_tanh,
    "tanh": torch.tanh,
    "silu": F.silu,
    "relu": F.relu,
    "gelu": F.gelu,
}
HEAD_ACTIVATIONS: dict[str, Activation] = {
    "tanh": torch.tanh,
    "lecun_tanh": lecun_tanh,
    "linear": _identity,
}


def _check_choice(setting: str, value: str, choices: Iterable[str]) -> None:
    if value not in choices:
        raise ConfigError(f"{setting} is {value!r}; choose one of {', '.join(choices)}")
