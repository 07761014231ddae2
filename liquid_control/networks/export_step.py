"""One step of a cell as an ONNX graph: the form in which every cell flies."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from ..policy.providers import make_session
from ..policy.step_graph import StepGraph
from .cells import Cell
from .onnx_graph import to_onnx


def export_step(cell: Cell, path: str | Path) -> None:
    """Write ``x, state, dt -> y, next_state`` as one ONNX file with a free batch size.

    Shapes are (batch, input_size), (batch, state_size) and (batch, 1) to (batch, output_size)
    and (batch, state_size), all float32. The cell is left as it was.
    """
    onnx.save(_graph(cell), str(path))


def load_step(cell: Cell, provider: str = "cpu") -> StepGraph:
    """Return what `export_step` writes, in ONNX Runtime as a policy flies it.

    Raises:
        ConfigError: the provider is not there.
    """
    return StepGraph(make_session(_graph(cell).SerializeToString(), provider)[0])


def _graph(cell: Cell) -> onnx.ModelProto:
    inputs = {
        "x": torch.zeros(2, cell.input_size),
        "state": cell.initial_state(2),
        "dt": torch.ones(2, 1),
    }
    return to_onnx(_Step(cell), inputs, ("y", "next_state"))


class _Step(nn.Module):
    def __init__(self, cell: Cell) -> None:
        super().__init__()
        self.cell = cell

    def forward(self, x: Tensor, state: Tensor, dt: Tensor) -> tuple[Tensor, Tensor]:
        return self.cell.step(x, state, dt)
