"""A sealed file whose graph or golden rollout is wrong is refused in one line."""

import msgspec
import numpy as np
import onnx
import pytest
from bundles import refusal
from onnx import numpy_helper

from liquid_control.contract import GoldenRollout, image_input, imu_input
from liquid_control.policy import bundle
from liquid_control.policy.bundle import load


def _rename_input(model: onnx.ModelProto) -> None:
    for node in model.graph.node:
        node.input[:] = ["picture" if name == "image" else name for name in node.input]
    next(i for i in model.graph.input if i.name == "image").name = "picture"


def _rename_output(model: onnx.ModelProto) -> None:
    for node in model.graph.node:
        node.output[:] = ["answer" if name == "command" else name for name in node.output]
    next(o for o in model.graph.output if o.name == "command").name = "answer"


def _float_image(model: onnx.ModelProto) -> None:
    image = next(i for i in model.graph.input if i.name == "image")
    image.type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    del model.graph.value_info[:]  # let ONNX Runtime infer the types after it: the graph is sound


def _unknown_operator(model: onnx.ModelProto) -> None:
    model.graph.node[0].op_type = "Nonsense"


def _dangling_input(model: onnx.ModelProto) -> None:
    next(node for node in model.graph.node if node.input).input[0] = "nowhere"


def _short_weights(model: onnx.ModelProto) -> None:
    weights = model.graph.initializer[0]
    weights.raw_data = weights.raw_data[:-4]


def _fails_while_running(model: onnx.ModelProto) -> None:
    """Let a reshape ask for a number of features that no image can give."""
    for node in model.graph.node:
        if node.op_type == "Reshape":
            shape = numpy_helper.from_array(np.array([-1, 7919], np.int64), "prime_shape")
            model.graph.initializer.append(shape)
            node.input[1] = "prime_shape"
            del model.graph.value_info[:]
            return
    raise AssertionError("the tiny policy has no Reshape to spoil")


def _weights_times(factor: float):
    def edit(model: onnx.ModelProto) -> None:
        weights = next(t for t in model.graph.initializer if "head.weight" in t.name)
        changed = numpy_helper.to_array(weights) * np.float32(factor)
        weights.CopyFrom(numpy_helper.from_array(changed, weights.name))

    return edit


def _opset(version: int):
    def edit(model: onnx.ModelProto) -> None:
        model.opset_import[0].version = version

    return edit


def test_a_renamed_input_is_refused_with_both_names(reseal):
    message = refusal(reseal(_rename_input))
    assert "'image'" in message and "'picture'" in message


def test_a_renamed_output_is_refused_with_both_names(reseal):
    message = refusal(reseal(_rename_output))
    assert "'command'" in message and "'answer'" in message


@pytest.mark.parametrize(
    "change",
    [
        {"inputs": {"image": image_input(height=63), "imu": imu_input()}},
        {"inputs": {"image": image_input(width=97), "imu": imu_input()}},
        {"inputs": {"image": image_input()}},
        {"hidden_size": 17},
    ],
)
def test_a_graph_of_another_shape_than_its_card_is_refused(reseal, change):
    assert "expected inputs {" in refusal(
        reseal(card=msgspec.structs.replace(reseal.card, **change))
    )


def test_an_input_of_another_type_is_refused(reseal):
    assert "'image': ('tensor(float)'" in refusal(reseal(_float_image))


@pytest.mark.parametrize(
    "edit", [_unknown_operator, _dangling_input, _short_weights, _fails_while_running]
)
def test_a_graph_that_onnx_runtime_rejects_is_refused(reseal, edit):
    assert "ONNX Runtime" in refusal(reseal(edit))


@pytest.mark.parametrize("version", [bundle.MIN_OPSET - 1, bundle.MAX_OPSET + 1, 0, 10**9])
def test_an_opset_outside_the_tested_range_is_refused(reseal, version):
    assert f"found {version}" in refusal(reseal(_opset(version)), load)


def test_a_model_without_an_opset_is_refused(reseal):
    assert "opset" in refusal(reseal(lambda model: model.ClearField("opset_import")), load)


@pytest.mark.parametrize("factor", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(reseal, factor):
    assert "finite" in refusal(reseal(_weights_times(factor)))


def test_other_weights_than_the_golden_rollout_was_made_with_are_refused(reseal):
    assert "golden" in refusal(reseal(_weights_times(1.001)))


def test_another_golden_rollout_than_the_network_flies_is_refused(reseal):
    golden = reseal.card.golden
    first, *rest = golden.commands
    moved = (first[0] + 1e-4, *first[1:])
    golden = msgspec.structs.replace(golden, commands=(moved, *rest))
    card = msgspec.structs.replace(reseal.card, golden=golden)
    assert "golden" in refusal(reseal(card=card))


def test_another_golden_seed_is_refused(reseal):
    golden = msgspec.structs.replace(reseal.card.golden, seed=reseal.card.golden.seed + 1)
    card = msgspec.structs.replace(reseal.card, golden=golden)
    assert "golden" in refusal(reseal(card=card))


@pytest.mark.parametrize(("dts", "commands"), [(0, 0), (5, 4), (4, 5)])
def test_a_golden_rollout_that_is_empty_or_uneven_is_refused(reseal, dts, commands):
    golden = reseal.card.golden
    golden = GoldenRollout(golden.seed, golden.dt_s[:dts], golden.commands[:commands])
    card = msgspec.structs.replace(reseal.card, golden=golden)
    assert "golden" in refusal(reseal(card=card))
