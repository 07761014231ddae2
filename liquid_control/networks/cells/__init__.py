"""Recurrent cells by name: ``make_cell("cfc", input_size=64, units=64)``; one file a cell."""

from __future__ import annotations

from typing import Any

from torch import nn

from ...errors import ConfigError
from ...registry import Registry
from ..build import build
from .base import Cell
from .mixed_memory import MixedMemory

__all__ = ["CELLS", "Cell", "UnknownCellError", "free_parameters", "make_cell"]

CELLS = Registry(__name__, Cell, "cell", beside=("base", "mixed_memory"))  # type: ignore[type-abstract]


class UnknownCellError(ConfigError):
    """A cell that does not exist."""


def make_cell(name: str, input_size: int, **settings: Any) -> Cell:
    """Build a cell from its name and the settings of its class.

    Args:
        name: a file of this folder, or ``path/to/file.py:Class`` for one of your own.
        input_size: number of input features.
        settings: keyword arguments of the cell's class; ours take ``units``. A cell that
            ``takes_mixed_memory`` also has that one, true for an LSTM memory beside it.

    Raises:
        UnknownCellError: there is no such cell; one line says which there are.
        ConfigError: it has no such setting, or cannot be made with these values.
    """
    try:
        cell_class = CELLS.get(name)
    except ConfigError as error:
        raise UnknownCellError(str(error)) from None
    extra = ["mixed_memory"] if cell_class.takes_mixed_memory else []
    own = {key: value for key, value in settings.items() if key not in extra}
    cell: Cell = build(f"cell '{name}'", cell_class, (input_size,), own, also=extra)
    return MixedMemory(cell) if settings.get("mixed_memory") else cell


def free_parameters(module: nn.Module) -> int:
    """Count the numbers that training can change: no masked weight, no mask, no constant."""
    count = sum(p.numel() for p in module.parameters() if p.requires_grad)
    for part in module.modules():
        masked: dict[str, str] = getattr(part, "masked_parameters", {})
        count -= sum(int((part.get_buffer(mask) == 0).sum()) for mask in masked.values())
    return count
