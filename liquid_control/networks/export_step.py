"""One step of a cell as an ONNX graph: the form in which every cell flies."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from .cells import Cell


def export_step(cell: Cell, path: str | Path) -> None:
    """Write ``x, state, dt -> y, next_state`` as one ONNX file with a free batch size.

    Shapes are (batch, input_size), (batch, state_size) and (batch, 1) to (batch, output_size)
    and (batch, state_size), all float32. The cell is left as it was.
    """
    batch = torch.export.Dim("batch")
    example = (torch.zeros(2, cell.input_size), cell.initial_state(2), torch.ones(2, 1))
    with warnings.catch_warnings():
        # The exporter warns about its own internals and about names it merges.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            _Step(cell),
            example,
            path,
            input_names=["x", "state", "dt"],
            output_names=["y", "next_state"],
            dynamic_shapes=({0: batch}, {0: batch}, {0: batch}),
            dynamo=True,
            external_data=False,
            verbose=False,
        )


class _Step(nn.Module):
    def __init__(self, cell: Cell) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, x: Tensor, state: Tensor, dt: Tensor) -> tuple[Tensor, Tensor]:
        return self.cell.step(x, state, dt)
