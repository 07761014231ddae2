"""How fast the cells are: a training pass and one exported step, beside ncps and torch's LSTM."""

from __future__ import annotations

from pathlib import Path

import torch

from .cells import Cell


def export_step(cell: Cell, path: str | Path) -> None:
    """Write ``x, state, dt -> y, next_state`` of a cell as one ONNX file with a free batch."""
    batch = torch.export.Dim("batch")
    example = (torch.zeros(2, cell.input_size), cell.initial_state(2), torch.ones(2, 1))
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


class _Step(torch.nn.Module):
    def __init__(self, cell: Cell) -> None:
        super().__init__()
        self.cell = cell

    def forward(
        self, x: torch.Tensor, state: torch.Tensor, dt: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        return self.cell.step(x, state, dt)
