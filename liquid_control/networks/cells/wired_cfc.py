"""A CfC on a neural circuit wiring: three small layers instead of one dense one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from ..wiring import Wiring, auto_ncp, resolve_wiring
from .base import Cell
from .cfc import CfC


class WiredCfC(Cell):
    """CfC layers for inter, command and motor neurons (arXiv:2106.13898, ncps-compatible).

    Each layer is a CfC without backbone that sees the new state of the layer before it. Only
    ff1 and ff2, and only their inputs, are masked by the wiring: time_a, time_b and the
    recurrence within a layer are dense. The graph therefore does not tell the whole truth;
    `strict.StrictCfC` does.

    The state is (batch, units), inter then command then motor neurons; the output is the
    motor neurons, (batch, motor).

    Args:
        input_size: number of input features.
        units: number of neurons, when no wiring is given.
        motor: number of motor neurons, when no wiring is given.
        wiring: a `Wiring`, or the settings of `make_wiring` with its ``kind``.
        mode: the equation, as in `CfC`.
        head_activation: what stands for tanh on ff1 and ff2, as in `CfC`.
    """

    def __init__(
        self,
        input_size: int,
        units: int = 32,
        *,
        motor: int = 4,
        wiring: Wiring | Mapping[str, Any] | None = None,
        mode: str = "default",
        head_activation: str = "tanh",
    ) -> None:
        if wiring is None:
            wiring = auto_ncp(input_size, units=units, motor=motor)
        wiring = resolve_wiring(wiring, input_size)
        sizes = [len(layer) for layer in wiring.layers]
        super().__init__(input_size, state_size=wiring.units, output_size=sizes[-1])
        self.wiring = wiring
        self.mode = mode
        self.sizes = sizes
        heads = 1 if mode == "pure" else 4
        self.layers: Iterable[WiredLayer] = nn.ModuleList(
            WiredLayer(self.layer_mask(i, heads), sizes[i], mode, head_activation)
            for i in range(len(sizes))
        )  # type: ignore[assignment]

    def layer_mask(self, layer: int, heads: int) -> Tensor:
        """Return which weights of a layer exist, (heads * neurons, inputs + neurons) float."""
        synapses = self.synapses_into(layer)
        seen = torch.cat([synapses, torch.ones(len(synapses), len(synapses))], dim=1)
        masks = [seen, seen, torch.ones_like(seen), torch.ones_like(seen)]
        return torch.cat(masks[:heads])

    def synapses_into(self, layer: int) -> Tensor:
        """Return 1 where a synapse comes in from the layer before, (neurons, inputs)."""
        here = self.wiring.layers[layer]
        if layer == 0:
            matrix = self.wiring.sensory_synapses[:, here]
        else:
            matrix = self.wiring.synapses[self.wiring.layers[layer - 1]][:, here]
        return torch.from_numpy(matrix != 0).T.float()

    @property
    def neuron_names(self) -> list[str]:
        """Name of each number in the state."""
        names = self.wiring.neuron_names
        return [names[neuron] for layer in self.wiring.layers for neuron in layer]

    def step(self, x: Tensor, state: Tensor, dt: Tensor) -> tuple[Tensor, Tensor]:
        """Advance one step: (batch, input_size), (batch, units), (batch, 1)."""
        states = []
        for layer, before in zip(self.layers, state.split(self.sizes, dim=1), strict=True):
            x, h = layer.step(x, before, dt)
            states.append(h)
        return x, torch.cat(states, dim=1)

    def scan(
        self, xs: Tensor, state: Tensor, dts: Tensor, reset: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Advance over (batch, time, input_size); a layer finishes before the next begins."""
        states = []
        for layer, before in zip(self.layers, state.split(self.sizes, dim=1), strict=True):
            xs, h = layer.scan(xs, before, dts, reset)
            states.append(h)
        return xs, torch.cat(states, dim=1)


class WiredLayer(CfC):
    """A CfC without backbone whose head matrix is masked; the mask is (heads, inputs + units)."""

    masked_parameters: ClassVar = {"heads.weight": "mask"}
    mask: Tensor

    def __init__(self, mask: Tensor, units: int, mode: str, head_activation: str) -> None:
        super().__init__(
            mask.shape[1] - units,
            units,
            backbone_layers=0,
            mode=mode,
            head_activation=head_activation,
        )
        self.register_buffer("mask", mask)

    def head_weight(self) -> Tensor:
        """Return the head matrix without the weights that the wiring lacks."""
        return self.heads.weight * self.mask
