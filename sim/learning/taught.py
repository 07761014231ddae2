"""An encoder that was taught by labels and is done: what recorded flights keep is what it sees."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
import torch
from numpy.typing import NDArray

from liquid_control.contract import PolicyCard
from liquid_control.networks.encoders import Encoder
from liquid_control.networks.onnx_graph import to_onnx

from .store import write_whole


def export_eye(encoder: Encoder, card: PolicyCard, name: str, path: Path) -> None:
    """Write the encoder of an input as a graph from observations to features.

    Raises:
        StoreError: the disk is full or may not be written.
    """
    inputs = {
        key: torch.zeros(2, *card.inputs[key].shape, dtype=getattr(torch, card.inputs[key].dtype))
        for key in _looks_at(encoder, card, name)
    }
    graph = to_onnx(deepcopy(encoder).cpu().eval(), inputs, ("features",))
    write_whole(path, lambda part: part.write_bytes(graph.SerializeToString()))


def _looks_at(encoder: Encoder, card: PolicyCard, name: str) -> list[str]:
    """Return what an encoder looks at: its own input, and the goal if it reads that."""
    goals = [key for key, given in card.inputs.items() if given.kind == "goal"]
    return [name, *(goals if encoder.reads_goal else [])]


class TaughtEye:
    """A graph of ``export_eye``, run on one thread.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = ort.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = [given.name for given in self._session.get_inputs()]
        self.features = int(self._session.get_outputs()[0].shape[-1])

    def look(self, values: Mapping[str, NDArray[Any]]) -> NDArray[np.float32]:
        """Return the features of an observation."""
        given = {name: values[name][None] for name in self._inputs}
        return self._session.run(None, given)[0][0]
