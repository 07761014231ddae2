"""Recurrent cells by name: ``make_cell("cfc", input_size=64, units=64)``."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

from torch import nn

from .base import Cell

__all__ = ["CELLS", "Cell", "UnknownCellError", "free_parameters", "make_cell"]

CELLS = {
    "cfc": "cfc:CfC",
    "ltc": "ltc:LTC",
    "wired_cfc": "wired_cfc:WiredCfC",
    "strict": "strict:StrictCfC",
    "liquid_s4": "liquid_s4:LiquidS4",
    "lfm": "lfm:LFM",
    "lstm": "lstm:LSTM",
    "gru": "gru:GRU",
    "transformer": "transformer:Transformer",
    "feedforward": "feedforward:Feedforward",
}
WITH_MIXED_MEMORY = ("cfc", "ltc", "wired_cfc", "strict")


class UnknownCellError(ValueError):
    """A cell, or a setting of a cell, that does not exist."""


def make_cell(name: str, input_size: int, **settings: Any) -> Cell:
    """Build a cell from its name and the settings of its class.

    Args:
        name: one of ``CELLS``.
        input_size: number of input features.
        settings: keyword arguments of the cell's class; every cell takes ``units``, the liquid
            ones also ``mixed_memory``, true for an LSTM memory beside the cell.

    Raises:
        UnknownCellError: the name or a setting does not exist; one line says what does.
    """
    if name not in CELLS:
        raise UnknownCellError(f"no cell is called {name!r}; choose one of {', '.join(CELLS)}")
    module, class_name = CELLS[name].split(":")
    cell_class = getattr(import_module(f".{module}", __name__), class_name)
    known = [key for key in inspect.signature(cell_class).parameters if key != "input_size"]
    known += ["mixed_memory"] if name in WITH_MIXED_MEMORY else []
    for key in settings:
        if key not in known:
            raise UnknownCellError(
                f"the cell {name!r} has no setting {key!r}; it has {', '.join(known)}"
            )
    mixed_memory = settings.pop("mixed_memory", False)
    cell: Cell = cell_class(input_size, **settings)
    if mixed_memory:
        from .mixed_memory import MixedMemory

        return MixedMemory(cell)
    return cell


def free_parameters(module: nn.Module) -> int:
    """Count the numbers that training can change: no masked weight, no mask, no constant."""
    count = sum(p.numel() for p in module.parameters() if p.requires_grad)
    for part in module.modules():
        masked: dict[str, str] = getattr(part, "masked_parameters", {})
        count -= sum(int((part.get_buffer(mask) == 0).sum()) for mask in masked.values())
    return count
