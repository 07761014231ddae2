"""Recurrent cells by name: ``make_cell("cfc", input_size=64, units=64)``."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

from .base import Cell

__all__ = ["CELLS", "Cell", "UnknownCellError", "make_cell"]

CELLS = {
    "cfc": "cfc:CfC",
}


class UnknownCellError(ValueError):
    """A cell, or a setting of a cell, that does not exist."""


def make_cell(name: str, input_size: int, **settings: Any) -> Cell:
    """Build a cell from its name and the settings of its class.

    Args:
        name: one of ``CELLS``.
        input_size: number of input features.
        settings: keyword arguments of the cell's class; every cell takes ``units``.

    Raises:
        UnknownCellError: the name or a setting does not exist; one line says what does.
    """
    if name not in CELLS:
        raise UnknownCellError(f"no cell is called {name!r}; choose one of {', '.join(CELLS)}")
    module, class_name = CELLS[name].split(":")
    cell_class = getattr(import_module(f".{module}", __name__), class_name)
    known = [key for key in inspect.signature(cell_class).parameters if key != "input_size"]
    for key in settings:
        if key not in known:
            raise UnknownCellError(
                f"the cell {name!r} has no setting {key!r}; it has {', '.join(known)}"
            )
    cell: Cell = cell_class(input_size, **settings)
    return cell
