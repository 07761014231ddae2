"""A CfC on a neural circuit wiring: three small layers instead of one dense one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..wiring import Wiring, auto_ncp, resolve_wiring
from ._cfc_scan import cfc_scan, fold_time
from .base import Cell
from .cfc import CfC, mirror_time


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

    takes_mixed_memory: ClassVar = True
    join_halves: Tensor

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
        self.head_activation = head_activation
        self.sizes = sizes
        heads = 1 if mode == "pure" else 4
        self.layers: Iterable[_WiredLayer] = nn.ModuleList(
            _WiredLayer(self.layer_mask(i, heads), sizes[i], mode, head_activation)
            for i in range(len(sizes))
        )  # type: ignore[assignment]
        twice = [torch.eye(size).repeat(2, 1) for size in sizes]
        self.register_buffer("join_halves", torch.block_diag(*twice), persistent=False)

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
        if torch.compiler.is_exporting() and self.mode == "default":
            return self._lean_step(x, state, dt)
        states = []
        for layer, before in zip(self.layers, state.split(self.sizes, dim=1), strict=True):
            x, h = layer.step(x, before, dt)
            states.append(h)
        return x, torch.cat(states, dim=1)

    def _lean_step(self, x: Tensor, state: Tensor, dt: Tensor) -> tuple[Tensor, Tensor]:
        """Return the same numbers from the fewest graph nodes, for export.

        One matrix gives what x and the last state bring to all layers. From layer to layer
        goes a state in two halves, which are added by the next matrix.
        """
        weights = [mirror_time(layer.head_weight()) for layer in self.layers]
        biases = [mirror_time(layer.heads.bias) for layer in self.layers]
        known = F.linear(torch.cat([x, state], dim=1), self._known(weights), torch.cat(biases))
        halves: list[Tensor] = []
        parts = known.split([6 * size for size in self.sizes], dim=1)
        for layer, heads, weight in zip(self.layers, parts, weights, strict=True):
            if halves:
                from_before = weight[:, : layer.input_size].T.repeat(2, 1)
                heads = torch.addmm(heads, halves[-1], from_before)  # noqa: PLW2901
            halves.append(layer.halves(heads, dt))
        state = torch.cat(halves, dim=1) @ self.join_halves
        return state[:, -self.output_size :], state

    def scan(
        self, xs: Tensor, state: Tensor, dts: Tensor, reset: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Advance over (batch, time, input_size), all layers together where nothing resets."""
        resets = reset is not None and bool(reset.any())
        plain = self.mode != "pure" and self.head_activation == "tanh"
        if plain and not resets and 1 < len(self.sizes) <= xs.shape[1]:
            return self._scan_together(xs, state, dts)
        states = []
        for layer, before in zip(self.layers, state.split(self.sizes, dim=1), strict=True):
            xs, h = layer.scan(xs, before, dts, reset)
            states.append(h)
        return xs, torch.cat(states, dim=1)

    def _scan_together(self, xs: Tensor, state: Tensor, dts: Tensor) -> tuple[Tensor, Tensor]:
        """Run the layers as one, each one step behind the layer before it.

        At tick k layer l takes step k - l, whose input is the state before the tick, so that
        one matrix moves all neurons. The first and last ticks, where some layers have no step
        to take, go layer by layer.
        """
        time, lag = xs.shape[1], len(self.sizes) - 1
        parts = list(state.split(self.sizes, dim=1))
        for tick in range(lag):
            parts = self._tick(tick, parts, xs, dts)
        steps = range(lag, -1, -1)
        late_dts = [dts[:, i : time - lag + i].expand(-1, -1, self.sizes[lag - i]) for i in steps]
        weights = [layer.head_weight() for layer in self.layers]
        biases = [layer.heads.bias for layer in self.layers]
        bias = torch.cat([bias.view(4, -1) for bias in biases], dim=1).flatten()
        heads, dts_left = fold_time(
            (self._joined(weights), bias), torch.cat(late_dts, dim=2).transpose(0, 1)
        )
        hs = cfc_scan(
            xs[:, lag:].transpose(0, 1),
            torch.cat(parts, dim=1),
            dts_left,
            keep=None,
            gated=self.mode == "default",
            layers=[heads],
        )
        ys = list(hs[..., -self.output_size :].unbind())
        parts = list(hs[-1].split(self.sizes, dim=1))
        for tick in range(time, time + lag):
            parts = self._tick(tick, parts, xs, dts)
            ys.append(parts[-1])
        return torch.stack(ys, dim=1), torch.cat(parts, dim=1)

    def _tick(self, tick: int, parts: list[Tensor], xs: Tensor, dts: Tensor) -> list[Tensor]:
        """Advance each layer that has a step to take at this tick."""
        after = list(parts)
        for i, layer in enumerate(self.layers):
            t = tick - i
            if 0 <= t < xs.shape[1]:
                after[i] = layer.step(parts[i - 1] if i else xs[:, t], parts[i], dts[:, t])[1]
        return after

    def _known(self, weights: list[Tensor]) -> Tensor:
        """Return the matrix from ``[x, h]`` to the heads, without what layers bring each other."""
        width, start, rows = self.input_size + self.state_size, self.input_size, []
        for i, (weight, size) in enumerate(zip(weights, self.sizes, strict=True)):
            own = weight if i == 0 else weight[:, -size:]
            rows.append(F.pad(own, (start + size - own.shape[1], width - start - size)))
            start += size
        return torch.cat(rows)

    def _joined(self, weights: list[Tensor]) -> Tensor:
        """Return one head matrix (4 * units, input_size + units) from those of the layers."""
        width, start, rows = self.input_size + self.state_size, 0, []
        for weight, size in zip(weights, self.sizes, strict=True):
            end = start + weight.shape[1]
            rows.append(F.pad(weight.view(4, size, -1), (start, width - end)))
            start = end - size
        return torch.cat(rows, dim=1).flatten(0, 1)


class _WiredLayer(CfC):
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
