"""One step of a cell as an ONNX graph: the form in which every cell flies."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from .cells import Cell
from .onnx_graph import to_onnx


def export_step(cell: Cell, path: str | Path) -> None:
    """Write ``x, state, dt -> y, next_state`` as one ONNX file with a free batch size.

    Shapes are (batch, input_size), (batch, state_size) and (batch, 1) to (batch, output_size)
    and (batch, state_size), all float32. The cell is left as it was.
    """
    inputs = {
        "x": torch.zeros(2, cell.input_size),
        "state": cell.initial_state(2),
        "dt": torch.ones(2, 1),
    }
    onnx.save(to_onnx(_Step(cell), inputs, ("y", "next_state")), str(path))


class _Step(nn.Module):
    def __init__(self, cell: Cell) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, x: Tensor, state: Tensor, dt: Tensor) -> tuple[Tensor, Tensor]:
        return self.cell.step(x, state, dt)
