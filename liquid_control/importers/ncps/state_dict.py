"""Read a network trained with ncps: a saved state dict becomes one of our cells."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ...errors import ConfigError, LiquidControlError
from ...networks.cells import Cell
from ...networks.cells.cfc import CfC
from ...networks.cells.ltc import LTC
from ...networks.cells.mixed_memory import MixedMemory
from ...networks.cells.wired_cfc import WiredCfC
from ...networks.wiring import Polarity, Wiring

MODES = ("default", "no_gate")
HEADS = ("ff1", "ff2", "time_b", "time_a")


class NcpsStateError(LiquidControlError):
    """A state dict that is not one of an ncps CfC or LTC; one line says why."""


@dataclass(frozen=True)
class NcpsNetwork:
    """What an ncps module held.

    Attributes:
        cell: the recurrent part with its weights.
        readout: ``fc``, the linear layer after it, where there was one.
        prefix: what stood before ``rnn_cell.`` in the keys.
    """

    cell: Cell
    readout: nn.Linear | None
    prefix: str


def read_ncps(
    path: str | Path,
    *,
    mode: str = "default",
    backbone_activation: str = "lecun_tanh",
    unfolds: int = 6,
    positivity: str = "softplus",
) -> NcpsNetwork:
    """Read a file saved with ``torch.save(module.state_dict(), path)``; see `load_ncps`."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, EOFError, RuntimeError, pickle.UnpicklingError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise NcpsStateError(f"{path} is not a saved state dict: {reason}") from error
    if not isinstance(state, Mapping):
        raise NcpsStateError(f"{path} holds a {type(state).__name__}, expected a state dict")
    return load_ncps(
        state,
        mode=mode,
        backbone_activation=backbone_activation,
        unfolds=unfolds,
        positivity=positivity,
    )


def load_ncps(
    state: Mapping[str, Tensor],
    *,
    mode: str = "default",
    backbone_activation: str = "lecun_tanh",
    unfolds: int = 6,
    positivity: str = "softplus",
) -> NcpsNetwork:
    """Turn an ncps state dict into a cell; kind, sizes and wiring are read from it.

    A state dict does not tell these apart, so they are asked for:

    Args:
        state: keys with ``rnn_cell.`` in them, after any prefix.
        mode: "default" or "no_gate" of a CfC; "pure" is seen from its keys.
        backbone_activation: the ``activation`` of a dense CfC.
        unfolds: the ``ode_unfolds`` of an LTC.
        positivity: "softplus" for ``implicit_param_constraints=True``, else "relu".

    Raises:
        NcpsStateError: the state dict is not one of an ncps CfC or LTC.
        ConfigError: there is no such mode or activation.
    """
    if mode not in MODES:
        raise ConfigError(f"mode is {mode!r}; choose one of {', '.join(MODES)}")
    prefix, tensors = _strip_prefix(state)
    if "rnn_cell.gleak" in tensors:
        cell: Cell = _read_ltc(tensors, unfolds, positivity)
    elif "rnn_cell.layer_0.ff1.weight" in tensors:
        cell = _read_wired_cfc(tensors, mode)
    elif "rnn_cell.ff1.weight" in tensors:
        cell = _read_cfc(tensors, mode, backbone_activation)
    else:
        raise NcpsStateError(
            "no ncps CfC or LTC in this state dict: "
            f"neither ff1, layer_0 nor gleak follows {prefix}rnn_cell."
        )
    if "lstm.input_map.weight" in tensors:
        cell = _read_memory(tensors, cell)
    readout = None
    if "fc.weight" in tensors:
        weight = tensors["fc.weight"]
        readout = nn.Linear(weight.shape[1], weight.shape[0], dtype=weight.dtype)
        _fill(readout.weight, weight, "fc.weight")
        _fill(readout.bias, _get(tensors, "fc.bias"), "fc.bias")
    return NcpsNetwork(cell, readout, prefix)


def _strip_prefix(state: Mapping[str, Tensor]) -> tuple[str, dict[str, Tensor]]:
    keys = [key for key in state if isinstance(key, str)]
    prefixes = {key[: key.index("rnn_cell.")] for key in keys if "rnn_cell." in key}
    if len(prefixes) != 1:
        found = ", ".join(sorted(prefixes)) or "none"
        raise NcpsStateError(f"expected one ncps network in the state dict, found {found}")
    prefix = prefixes.pop()
    ours = ("rnn_cell.", "lstm.", "fc.")
    tensors = {key[len(prefix) :]: state[key] for key in keys if key.startswith(prefix)}
    tensors = {k: v for k, v in tensors.items() if k.startswith(ours)}
    for key, value in tensors.items():
        if not isinstance(value, Tensor) or not value.dtype.is_floating_point:
            raise NcpsStateError(f"{prefix}{key} is not a floating point tensor")
    return prefix, tensors


def _read_cfc(tensors: dict[str, Tensor], mode: str, activation: str) -> CfC:
    units, width = _matrix(tensors, "rnn_cell.ff1.weight")
    start = "rnn_cell.backbone."
    numbers = sorted(
        int(k.split(".")[2]) for k in tensors if k.startswith(start) and "weight" in k
    )
    seen = width
    if numbers:
        seen = _matrix(tensors, f"{start}{numbers[0]}.weight")[1]
    cell = CfC(
        seen - units,
        units,
        backbone_units=width,
        backbone_layers=len(numbers),
        mode=_mode(tensors, "rnn_cell.", mode),
        backbone_activation=activation,
    ).to(_get(tensors, "rnn_cell.ff1.weight").dtype)
    for layer, number in zip(cell.backbone, numbers, strict=True):
        for name, parameter in layer.named_parameters():
            key = f"{start}{number}.{name}"
            _fill(parameter, _get(tensors, key), key)
    _fill_heads(cell, tensors, "rnn_cell.")
    return cell


def _read_wired_cfc(tensors: dict[str, Tensor], mode: str) -> WiredCfC:
    layers = sorted({k.split(".")[1] for k in tensors if k.startswith("rnn_cell.layer_")})
    if layers not in (["layer_0"], ["layer_0", "layer_1", "layer_2"]):
        raise NcpsStateError(f"a wired CfC has 1 or 3 layers, found {', '.join(layers)}")
    into: list[Polarity] = []
    for layer in layers:
        mask = _get(tensors, f"rnn_cell.{layer}.sparsity_mask")
        into.append((mask[:, : mask.shape[1] - mask.shape[0]].T != 0).numpy().astype(np.int8))
    sizes = [matrix.shape[1] for matrix in into]
    cell = WiredCfC(
        into[0].shape[0],
        wiring=_wiring_of_layers(into, sizes),
        mode=_mode(tensors, "rnn_cell.layer_0.", mode),
    ).to(_get(tensors, "rnn_cell.layer_0.ff1.weight").dtype)
    for name, part in zip(layers, cell.layers, strict=True):
        _fill_heads(part, tensors, f"rnn_cell.{name}.")
    return cell


def _wiring_of_layers(into: list[Polarity], sizes: list[int]) -> Wiring:
    """Put the synapses between layers, (inputs, neurons) each, into one wiring.

    The masks of a wired CfC do not keep polarities, so all of them become +1, and recurrent
    command synapses are not in them.
    """
    units = sum(sizes)
    synapses = np.zeros((units, units), np.int8)
    sensory = np.zeros((into[0].shape[0], units), np.int8)
    if len(sizes) == 1:
        return Wiring(len(sensory), 0, 0, units, into[0], synapses)
    inter, command, motor = sizes
    sensory[:, motor + command :] = into[0]
    synapses[motor + command :, motor : motor + command] = into[1]
    synapses[motor : motor + command, :motor] = into[2]
    return Wiring(len(sensory), inter, command, motor, sensory, synapses)


def _read_ltc(tensors: dict[str, Tensor], unfolds: int, positivity: str) -> LTC:
    synapses = _polarity(tensors, "")
    sensory = _polarity(tensors, "sensory_")
    units, inputs = len(synapses), len(sensory)
    motor = _get(tensors, "rnn_cell.output_w").numel() if "rnn_cell.output_w" in tensors else units
    wiring = Wiring(inputs, units - motor, 0, motor, sensory, synapses)
    cell = LTC(inputs, wiring=wiring, unfolds=unfolds, positivity=positivity)
    cell = cell.to(_get(tensors, "rnn_cell.gleak").dtype)
    for name, parameter in cell.named_parameters():
        key = f"rnn_cell.{name}"
        # A mapping that ncps was told to leave out is the identity, as ours starts.
        if name in ("input_w", "input_b", "output_w", "output_b") and key not in tensors:
            continue
        _fill(parameter, _get(tensors, key), key)
    return cell


def _polarity(tensors: dict[str, Tensor], prefix: str) -> Polarity:
    mask = _get(tensors, f"rnn_cell.{prefix}sparsity_mask")
    excites = _get(tensors, f"rnn_cell.{prefix}erev") >= 0
    if mask.shape != excites.shape:
        raise NcpsStateError(
            f"{prefix}erev is {tuple(excites.shape)}, expected {tuple(mask.shape)}"
        )
    polarity: Polarity = (
        torch.where(mask != 0, torch.where(excites, 1, -1), 0).to(torch.int8).numpy()
    )
    return polarity


def _read_memory(tensors: dict[str, Tensor], liquid: Cell) -> MixedMemory:
    cell = MixedMemory(liquid).to(_get(tensors, "lstm.input_map.weight").dtype)
    for name in ("input_map.weight", "input_map.bias", "recurrent_map.weight"):
        _fill(cell.get_parameter(name), _get(tensors, f"lstm.{name}"), f"lstm.{name}")
    return cell


def _mode(tensors: dict[str, Tensor], start: str, mode: str) -> str:
    return "pure" if f"{start}w_tau" in tensors else mode


def _fill_heads(cell: CfC, tensors: dict[str, Tensor], start: str) -> None:
    names = HEADS if cell.mode != "pure" else HEADS[:1]
    for part in ("weight", "bias"):
        heads = [_get(tensors, f"{start}{name}.{part}") for name in names]
        shapes = {tuple(head.shape) for head in heads}
        if len(shapes) != 1:
            raise NcpsStateError(f"the heads of {start} have different shapes: {sorted(shapes)}")
        _fill(cell.heads.get_parameter(part), torch.cat(heads), f"{start}heads.{part}")
    if cell.mode == "pure":
        _fill(cell.w_tau, _get(tensors, f"{start}w_tau").flatten(), f"{start}w_tau")
        _fill(cell.amplitude, _get(tensors, f"{start}A").flatten(), f"{start}A")


def _fill(parameter: Tensor, value: Tensor, key: str) -> None:
    if parameter.shape != value.shape:
        expected, found = tuple(parameter.shape), tuple(value.shape)
        raise NcpsStateError(f"{key} has shape {found}, expected {expected}")
    with torch.no_grad():
        parameter.copy_(value)


def _get(tensors: dict[str, Tensor], key: str) -> Tensor:
    if key not in tensors:
        raise NcpsStateError(f"the state dict lacks {key}")
    return tensors[key]


def _matrix(tensors: dict[str, Tensor], key: str) -> tuple[int, int]:
    tensor = _get(tensors, key)
    if tensor.dim() != 2:
        raise NcpsStateError(f"{key} has {tensor.dim()} dimensions, expected 2")
    return tensor.shape[0], tensor.shape[1]
