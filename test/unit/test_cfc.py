"""The CfC's own backward pass, and what a strict wiring keeps apart."""

import pytest
import torch

from liquid_control.errors import ConfigError
from liquid_control.networks.cells import make_cell
from liquid_control.networks.cells._cfc_scan import BLOCK, cfc_scan
from liquid_control.networks.cells._ltc_scan import ltc_scan, synapse_sums


def leaf(*shape, low=-1.0, high=1.0):
    tensor = torch.empty(*shape, dtype=torch.float64).uniform_(low, high)
    return tensor.requires_grad_()


@pytest.mark.parametrize("gated", [True, False])
@pytest.mark.parametrize("timeless", [True, False])
@pytest.mark.parametrize("resets", [True, False])
def test_cfc_scan_has_the_derivative_of_its_numbers(gated, timeless, resets):
    torch.manual_seed(0)
    dts = None if timeless else leaf(4, 2, 1, low=0.0)
    keep = (torch.rand(4, 2, 1) > 0.3).double() if resets else None
    heads = 3 if timeless else 4
    weights = [leaf(4, 3 + 2), leaf(3, 4), leaf(heads * 2, 3)]
    biases = [leaf(4), leaf(3), leaf(heads * 2)]

    def run(xs, state, *rest):
        layers = list(zip(rest[:3], rest[3:6], strict=True))
        dts = None if timeless else rest[-1]
        return cfc_scan(xs, state, dts, keep=keep, gated=gated, layers=layers)

    sources = [leaf(4, 2, 3), leaf(2, 2), *weights, *biases, *([] if timeless else [dts])]
    assert torch.autograd.gradcheck(run, sources, fast_mode=True)


def test_cfc_scan_joins_its_blocks():
    torch.manual_seed(0)
    cell = make_cell("cfc", 3, units=5, backbone_units=4).double()
    xs, dts = leaf(2, 2 * BLOCK + 3, 3), leaf(2, 2 * BLOCK + 3, 1, low=0.1)
    assert torch.autograd.gradcheck(
        lambda x, dt: cell.scan(x, cell.initial_state(2), dt)[0][:, -3:], (xs, dts), fast_mode=True
    )


@pytest.mark.parametrize("resets", [True, False])
def test_ltc_scan_has_the_derivative_of_its_numbers(resets):
    torch.manual_seed(0)
    keep = (torch.rand(4, 2, 1) > 0.3).double() if resets else None
    sources = [
        leaf(2, 3),
        leaf(4, 2, 2, 3, low=1.0, high=2.0),
        leaf(4, 2, 3, low=0.5),
        leaf(4, 2, 1, low=0.5),
        leaf(3, 3, low=3.0, high=8.0),
        leaf(3, 3),
        leaf(3, 3, 2, low=0.1),
    ]

    def run(state, drive, inertia, move, *synapses):
        return ltc_scan(state, drive, inertia, move, synapses, keep=keep, unfolds=3)

    assert torch.autograd.gradcheck(run, sources, fast_mode=True)


def test_synapse_sums_have_the_derivative_of_their_numbers():
    torch.manual_seed(0)
    sources = (leaf(7, 3), leaf(4, 3, low=3.0, high=8.0), leaf(4, 3), leaf(4, 3, 2))
    assert torch.autograd.gradcheck(synapse_sums, sources, fast_mode=True)


def influence(cell):
    """Which input or last state (rows) moves which next state (columns) in one step."""
    x, state = torch.randn(1, cell.input_size), torch.randn(1, cell.state_size)
    dt = torch.full((1, 1), 0.8)
    from_x, from_state = torch.autograd.functional.jacobian(
        lambda x, h: cell.step(x, h, dt)[1][0], (x, state)
    )
    return (from_x[:, 0].T != 0), (from_state[:, 0].T != 0)


def reachable(wiring):
    """Which pairs the graph connects in one step, neurons ordered as in the state."""
    order = [neuron for layer in wiring.layers for neuron in layer]
    synapses = torch.from_numpy(wiring.synapses != 0)[order][:, order]
    sensory = torch.from_numpy(wiring.sensory_synapses != 0)[:, order]
    layer_of = torch.tensor([i for i, layer in enumerate(wiring.layers) for _ in layer])
    forward = synapses & (layer_of[:, None] < layer_of)
    memory = (synapses & (layer_of[:, None] == layer_of)) | torch.eye(
        wiring.units, dtype=torch.bool
    )
    onward = torch.eye(wiring.units)
    for _ in wiring.layers:
        onward = onward + onward @ forward.float()
    return (sensory.float() @ onward > 0), (memory.float() @ onward > 0)


@pytest.mark.parametrize("mode", ["default", "no_gate", "pure"])
@pytest.mark.parametrize("seed", [22222, 1])
def test_a_strict_wiring_lets_nothing_through_where_the_graph_has_no_path(mode, seed):
    torch.manual_seed(0)
    wiring = {"kind": "auto_ncp", "units": 20, "motor": 3, "sparsity": 0.7, "seed": seed}
    cell = make_cell("strict", 6, wiring=wiring, mode=mode)
    from_x, from_state = influence(cell)
    expected_x, expected_state = reachable(cell.wiring)
    assert torch.equal(from_x, expected_x)
    assert torch.equal(from_state, expected_state)
    assert not expected_x.all()
    assert not expected_state.all()


def test_a_strict_random_wiring_is_its_adjacency_matrix():
    torch.manual_seed(0)
    wiring = {"kind": "random", "units": 9, "motor": 2, "sparsity": 0.6}
    cell = make_cell("strict", 4, wiring=wiring)
    from_x, from_state = influence(cell)
    synapses = torch.from_numpy(cell.wiring.synapses != 0)
    assert torch.equal(from_state, synapses | torch.eye(9, dtype=torch.bool))
    assert torch.equal(from_x, torch.from_numpy(cell.wiring.sensory_synapses != 0))


def test_an_ncps_wiring_lets_unconnected_neurons_influence_each_other():
    torch.manual_seed(0)
    cell = make_cell("wired_cfc", 6, units=20)
    assert influence(cell)[0].all()


def test_masked_weights_of_a_strict_cell_never_get_a_gradient():
    cell = make_cell("strict", 6, units=20)
    cell.scan(torch.randn(2, 9, 6), cell.initial_state(2), torch.rand(2, 9, 1))[0].sum().backward()
    for layer in cell.layers:
        assert not layer.heads.weight.grad[layer.mask == 0].any()


@pytest.mark.parametrize(
    ("setting", "value"),
    [("mode", "fast"), ("backbone_activation", "step"), ("head_activation", "step")],
)
def test_a_wrong_choice_gets_one_line_with_the_choices(setting, value):
    with pytest.raises(ConfigError, match=f"{setting} is '{value}'; choose one of ") as error:
        make_cell("cfc", 4, **{setting: value})
    assert "\n" not in str(error.value)
