"""A flown policy as a torch module: its trunk, its cell and its head with the weights read.

The recurrent equations are those of ``cells``; where a flown variant writes one
differently, its weights are rearranged here.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ...networks.cells import Cell
from ...networks.cells.cfc import CfC
from ...networks.cells.lstm import LSTM
from ...networks.cells.ltc import LTC
from ...networks.cells.wired_cfc import WiredCfC
from .weights import (
    IMAGE_HEIGHT,
    IMAGE_WIDTH,
    STRIDES,
    Array,
    CfcWeights,
    FlownWeights,
    Layer,
    LstmWeights,
    LtcWeights,
    MixedCfcWeights,
    TrunkWeights,
    WiredCfcWeights,
)
from .wiring import wiring_of_ltc, wiring_of_wired_cfc

FLOWN_FORGET_BIAS = 3.1633364953559684
"""Added to the forget gate of mixedcfc; the published params.json says it, the weights do not."""


class FlownNetwork(nn.Module):
    """The step graph of a flown policy: (image, dt, hidden) to (command, next_hidden).

    Args:
        weights: of the whole policy.
        cell: built from them by `make_flown_cell`.
        nominal_dt_s: how many seconds the cell takes for t = 1.
    """

    def __init__(self, weights: FlownWeights, cell: Cell, nominal_dt_s: float) -> None:
        super().__init__()
        self.trunk = Trunk(weights.trunk)
        self.cell = cell
        self.head = nn.Identity() if weights.head is None else _linear(weights.head)
        self.nominal_dt_s = nominal_dt_s

    def forward(self, image: Tensor, dt: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Advance one frame.

        Args:
            image: (batch, 144, 256, 3) uint8 RGB.
            dt: (batch, 1) seconds since the previous frame.
            hidden: (batch, state) state after the previous frame, zero at first.

        Returns:
            Command (batch, 4), forward, left, up m/s and yaw rate rad/s, and the next state.
        """
        y, hidden = self.cell.step(self.trunk(image), hidden, dt / self.nominal_dt_s)
        return self.head(y), hidden


class Trunk(nn.Module):
    """The convolutional eye of every flown policy: (batch, 144, 256, 3) uint8 to (batch, 128)."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, weights: TrunkWeights) -> None:
        super().__init__()
        self.register_buffer("mean", torch.from_numpy(weights.mean))
        self.register_buffer("deviation", torch.from_numpy(np.sqrt(weights.variance)))
        height, width = IMAGE_HEIGHT, IMAGE_WIDTH
        layers: list[nn.Module] = []
        for weight, stride in zip(weights.convolutions, STRIDES, strict=True):
            down, across, before, after = weight.kernel.shape
            layer = nn.Conv2d(before, after, (down, across), stride)
            _fill(layer.weight, weight.kernel.transpose(3, 2, 0, 1))
            _fill(layer.bias, weight.bias)
            layers += [layer, nn.ReLU()]
            height, width = (height - down) // stride + 1, (width - across) // stride + 1
        self.convolutions = nn.Sequential(*layers)
        # Keras flattens channels last, torch channels first: the rows change places once, here.
        kernel = weights.features.kernel
        rows = kernel.reshape(height, width, after, -1).transpose(2, 0, 1, 3)
        self.features = _linear(Layer(rows.reshape(kernel.shape), weights.features.bias))

    def forward(self, image: Tensor) -> Tensor:
        """Return the features of an image."""
        x = (image.float() / 255.0 - self.mean) / self.deviation
        return self.features(self.convolutions(x.permute(0, 3, 1, 2)).flatten(1))


class LstmThenCfC(Cell):
    """The flown mixed memory: the LSTM's output is the input of a CfC, which runs at t = 0.

    The state is (batch, 2 * units): the CfC's h, which the LSTM also sees as its own, then
    the LSTM's c. At t = 0 elapsed time has no influence; that is how these policies flew.

    Args:
        lstm: takes the input.
        cfc: takes the LSTM's output; as many units.
    """

    def __init__(self, lstm: LSTM, cfc: CfC) -> None:
        super().__init__(lstm.input_size, lstm.state_size, cfc.output_size)
        self.lstm = lstm
        self.cfc = cfc

    def step(self, x: Tensor, state: Tensor, dt: Tensor) -> tuple[Tensor, Tensor]:
        """Advance one step: (batch, input_size), (batch, 2 * units), (batch, 1)."""
        y, memory = self.lstm.step(x, state, dt)
        y, h = self.cfc.step(y, state.chunk(2, dim=1)[0], torch.zeros_like(dt))
        return y, torch.cat([h, memory.chunk(2, dim=1)[1]], dim=1)


def make_flown_cell(
    path: Path,
    weights: FlownWeights,
    forget_bias: float | None = None,
    wiring_seed: int | None = None,
) -> Cell:
    """Build the recurrent cell of a flown policy.

    Args:
        path: of the weight file, for messages.
        weights: what was read from it.
        forget_bias: of mixedcfc; None is what flew, `FLOWN_FORGET_BIAS`.
        wiring_seed: of wiredcfccell; None finds it from the weights.

    Raises:
        PolicyImportError: the wiring cannot be told from the weights.
    """
    inputs, cell = weights.trunk.features.bias.size, weights.cell
    if isinstance(cell, CfcWeights):
        return _cfc(cell, inputs)
    if isinstance(cell, MixedCfcWeights):
        bias = FLOWN_FORGET_BIAS if forget_bias is None else forget_bias
        # Gates of the file: input activation, input, forget, output.
        lstm = _lstm(cell.memory, order=(1, 2, 0, 3), forget_bias=bias)
        return LstmThenCfC(lstm, _cfc(cell.liquid, lstm.output_size))
    if isinstance(cell, WiredCfcWeights):
        wiring = wiring_of_wired_cfc(path, cell, wiring_seed)
        wired = WiredCfC(inputs, wiring=wiring, head_activation="linear")
        for layer, layer_weights in zip(wired.layers, cell.layers, strict=True):
            assert isinstance(layer, CfC)
            _fill_heads(layer, layer_weights)
        return wired
    if isinstance(cell, LtcWeights):
        return _ltc(cell, inputs, fully_connected=weights.kind == "ltc")
    return _lstm(cell, order=(0, 1, 2, 3))


def _cfc(weights: CfcWeights, inputs: int) -> CfC:
    cell = CfC(
        inputs,
        weights.ff1.bias.size,
        backbone_units=weights.ff1.kernel.shape[0],
        backbone_layers=len(weights.backbone),
        backbone_activation="silu",
        head_activation="lecun_tanh",
    )
    for layer, layer_weights in zip(cell.backbone, weights.backbone, strict=True):
        assert isinstance(layer, nn.Linear)
        _fill(layer.weight, layer_weights.kernel.T)
        _fill(layer.bias, layer_weights.bias)
    _fill_heads(cell, weights)
    return cell


def _fill_heads(cell: CfC, weights: CfcWeights) -> None:
    # The flown gate is sigmoid(-time_a * t + time_b).
    time_a = Layer(-weights.time_a.kernel, -weights.time_a.bias)
    heads = (weights.ff1, weights.ff2, weights.time_b, time_a)
    _fill(cell.heads.weight, np.concatenate([head.kernel.T for head in heads]))
    _fill(cell.heads.bias, np.concatenate([head.bias for head in heads]))


def _ltc(weights: LtcWeights, inputs: int, fully_connected: bool) -> LTC:
    cell = LTC(
        inputs,
        wiring=wiring_of_ltc(weights),
        unfolds=3 if fully_connected else 6,
        time_offset=1e-3 if fully_connected else 0.0,
        positivity="relu",
    )
    parameters = dict(cell.named_parameters())
    values = weights.neurons | weights.synapses
    values |= {f"sensory_{name}": value for name, value in weights.sensory_synapses.items()}
    values |= {name: getattr(weights, name) for name in ("input_w", "input_b")}
    values |= {name: getattr(weights, name) for name in ("output_w", "output_b")}
    for name, value in values.items():
        _fill(parameters[name], value)
    return cell


def _lstm(weights: LstmWeights, order: tuple[int, ...], forget_bias: float = 0.0) -> LSTM:
    """Build an LSTM; ``order`` says where input, forget, value and output gate lie in the file."""
    inputs, gates = weights.kernel.shape
    cell = LSTM(inputs, gates // 4)

    def reorder(values: Array) -> Array:
        parts = np.split(values, 4, axis=-1)
        return np.concatenate([parts[gate] for gate in order], axis=-1)

    bias = reorder(weights.bias)
    bias[gates // 4 : gates // 2] += forget_bias
    parameters = dict(cell.lstm.named_parameters())
    _fill(parameters["weight_ih_l0"], reorder(weights.kernel).T)
    _fill(parameters["weight_hh_l0"], reorder(weights.recurrent).T)
    _fill(parameters["bias_ih_l0"], bias)
    _fill(parameters["bias_hh_l0"], np.zeros_like(bias))
    return cell


def _linear(weights: Layer) -> nn.Linear:
    layer = nn.Linear(*weights.kernel.shape)
    _fill(layer.weight, weights.kernel.T)
    _fill(layer.bias, weights.bias)
    return layer


@torch.no_grad()
def _fill(parameter: Tensor | None, values: Array) -> None:
    assert parameter is not None
    assert parameter.shape == values.shape
    parameter.copy_(torch.from_numpy(np.ascontiguousarray(values)))
