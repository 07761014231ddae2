"""A torch module as an ONNX graph with a free batch size and no external data."""

from __future__ import annotations

import inspect
import logging
import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import onnx
import torch
from onnx_ir.passes.common import OutputFixPass
from onnxscript import ir, optimizer
from torch import Tensor, nn

OPSET = 18


def to_onnx(
    module: nn.Module,
    inputs: dict[str, Tensor],
    outputs: Sequence[str],
) -> onnx.ModelProto:
    """Trace ``module`` on example ``inputs``, batch first, batch 2, and return the graph.

    Every parameter is an initializer of its own name and value, so that the weights can be
    read back; ONNX Runtime computes what follows from them alone when it loads the graph.
    """
    batch = torch.export.Dim("batch", min=1, max=1024)
    shapes: tuple[Any, ...] = tuple({0: batch} for _ in inputs)
    parameters = inspect.signature(module.forward).parameters.values()
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        shapes = (shapes,)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    with warnings.catch_warnings():
        # The exporter warns about its own internals and about names it merges.
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            module,
            tuple(inputs.values()),
            dynamo=True,
            external_data=False,
            opset_version=OPSET,
            input_names=list(inputs),
            dynamic_shapes=shapes,
            verbose=False,
            optimize=False,
        )
    assert program is not None
    _simplify(program.model, keep=set(module.state_dict()))
    _name(program.model, inputs, outputs)
    return program.model_proto


def _name(model: ir.Model, inputs: Iterable[str], outputs: Iterable[str]) -> None:
    """Name what goes in and out; an input passed through becomes a value of its own first."""
    OutputFixPass()(model)
    for values, names in ((model.graph.outputs, outputs), (model.graph.inputs, inputs)):
        for value, name in zip(values, names, strict=True):
            value.name = name


def _simplify(model: ir.Model, keep: set[str]) -> None:
    """Compute what is constant, in place, but nothing of the initializers in ``keep``."""

    def should_fold(node: ir.Node) -> bool | None:
        return False if any(v is not None and v.name in keep for v in node.inputs) else None

    for _ in range(2):
        optimizer.fold_constants(model, onnx_shape_inference=True, should_fold=should_fold)
        _fix_shapes(model.graph)
        optimizer.remove_unused_nodes(model)


def _fix_shapes(graph: ir.Graph) -> None:
    """Write -1 for the batch into every Reshape, instead of asking an input for its shape."""
    for node in graph:
        output = node.outputs[0]
        if node.op_type != "Reshape" or output.shape is None:
            continue
        name = f"{output.name}_shape"
        sizes = [size if isinstance(size, int) else -1 for size in output.shape]
        if sizes.count(-1) == 1 and name not in graph.initializers:
            tensor = ir.tensor(sizes, ir.DataType.INT64, name=name)
            value = ir.Value(name=name, const_value=tensor)
            graph.register_initializer(value)
            node.replace_input_with(1, value)
