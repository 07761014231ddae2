"""The numbers of ncps 1.0.1 in float64, from its own saved weights."""

import ncps.torch as reference
import ncps.wirings as reference_wirings
import pytest
import torch

from liquid_control.importers.ncps.state_dict import NcpsStateError, load_ncps, read_ncps

INPUTS = 5


def ncp(seed=22222):
    return reference_wirings.NCP(9, 6, 3, 3, 2, 4, 3, seed=seed)


def cfc(**settings):
    return lambda: reference.CfC(INPUTS, 8, backbone_units=11, **settings)


NETWORKS = {
    "cfc default": (cfc(), {}),
    "cfc no_gate": (cfc(mode="no_gate"), {"mode": "no_gate"}),
    "cfc pure": (cfc(mode="pure"), {}),
    "cfc three layers": (cfc(backbone_layers=3), {}),
    "cfc no backbone": (cfc(backbone_layers=0), {}),
    "cfc dropout": (cfc(backbone_layers=2, backbone_dropout=0.3), {}),
    "cfc silu": (cfc(activation="silu"), {"backbone_activation": "silu"}),
    "cfc mixed": (cfc(mixed_memory=True), {}),
    "cfc projected": (cfc(proj_size=2), {}),
    "wired cfc": (lambda: reference.CfC(INPUTS, ncp()), {}),
    "wired cfc auto": (lambda: reference.CfC(INPUTS, reference_wirings.AutoNCP(20, 3)), {}),
    "wired cfc no_gate": (
        lambda: reference.CfC(INPUTS, ncp(), mode="no_gate"),
        {"mode": "no_gate"},
    ),
    "wired cfc pure": (lambda: reference.CfC(INPUTS, ncp(), mode="pure"), {}),
    "wired cfc mixed": (lambda: reference.CfC(INPUTS, ncp(), mixed_memory=True), {}),
    "wired cfc one layer": (
        lambda: reference.CfC(INPUTS, reference_wirings.Random(7, sparsity_level=0.4)),
        {},
    ),
    "ltc": (lambda: reference.LTC(INPUTS, 7), {}),
    "ltc ncp": (lambda: reference.LTC(INPUTS, ncp()), {}),
    "ltc three unfolds": (lambda: reference.LTC(INPUTS, 7, ode_unfolds=3), {"unfolds": 3}),
    "ltc explicit": (
        lambda: reference.LTC(INPUTS, ncp(), implicit_param_constraints=False),
        {"positivity": "relu"},
    ),
    "ltc no maps": (
        lambda: reference.LTC(INPUTS, 7, input_mapping=None, output_mapping=None),
        {},
    ),
    "ltc mixed": (lambda: reference.LTC(INPUTS, ncp(), mixed_memory=True), {}),
}


def build(name):
    torch.manual_seed(1)
    make, settings = NETWORKS[name]
    theirs = make().double().eval()
    return theirs, load_ncps(theirs.state_dict(), **settings)


def ours_over(network, xs, dts):
    run = network.cell.scan(xs, network.cell.initial_state(len(xs)), dts)
    return run[0] if network.readout is None else network.readout(run[0]), run[1]


@pytest.mark.parametrize("name", NETWORKS)
def test_same_numbers_at_the_nominal_rate(name):
    theirs, network = build(name)
    xs = torch.randn(3, 20, INPUTS, dtype=torch.float64)
    zero = torch.zeros(3, theirs.state_size, dtype=torch.float64)
    start = (zero, zero) if theirs.use_mixed else zero
    with torch.no_grad():
        expected, last = theirs(xs, start)
        ys, state = ours_over(network, xs, torch.ones(3, 20, 1, dtype=torch.float64))
    torch.testing.assert_close(ys, expected, atol=1e-10, rtol=0)
    last = torch.cat(last, dim=1) if theirs.use_mixed else last
    torch.testing.assert_close(state, last, atol=1e-10, rtol=0)


@pytest.mark.parametrize("name", NETWORKS)
def test_same_numbers_with_varying_elapsed_time(name):
    theirs, network = build(name)
    xs = torch.randn(4, 20, INPUTS, dtype=torch.float64)
    dts = 0.01 + 3 * torch.rand(4, 20, 1, dtype=torch.float64)
    zero = torch.zeros(1, theirs.state_size, dtype=torch.float64)
    start = (zero, zero) if theirs.use_mixed else zero
    with torch.no_grad():
        # ncps mixes up batch and units for batched time spans: one sequence at a time.
        expected = [
            theirs(x[None], start, timespans=dt[None])[0] for x, dt in zip(xs, dts, strict=True)
        ]
        ys, _ = ours_over(network, xs, dts)
    torch.testing.assert_close(ys, torch.cat(expected), atol=1e-10, rtol=0)


def test_a_prefix_is_found():
    theirs, _ = build("cfc projected")
    state = {f"policy.rnn.{k}": v for k, v in theirs.state_dict().items()}
    state["policy.conv.weight"] = torch.zeros(1)
    network = load_ncps(state)
    assert network.prefix == "policy.rnn."
    assert network.readout is not None


def test_a_saved_file_is_read(tmp_path):
    theirs, network = build("wired cfc")
    torch.save(theirs.state_dict(), tmp_path / "policy.pt")
    again = read_ncps(tmp_path / "policy.pt")
    assert torch.equal(again.cell.layers[0].heads.weight, network.cell.layers[0].heads.weight)


def test_the_wiring_of_an_ltc_comes_back():
    theirs, network = build("ltc ncp")
    assert network.cell.wiring.synapses.tolist() == ncp_built().adjacency_matrix.tolist()
    assert network.cell.output_size == theirs.output_size == 3


def ncp_built():
    wiring = ncp()
    wiring.build(INPUTS)
    return wiring


def drop(state, key):
    return {k: v for k, v in state.items() if k != key}


FOREIGN = {
    "an lstm": (lambda state: torch.nn.LSTM(3, 4).state_dict(), "expected one ncps network"),
    "nothing": (lambda state: {}, "expected one ncps network"),
    "two networks": (
        lambda state: {f"{p}.{k}": v for p in "ab" for k, v in state.items()},
        r"found a\., b\.",
    ),
    "another cell": (
        lambda state: {"rnn_cell.kernel": torch.zeros(2)},
        "neither ff1, layer_0 nor",
    ),
    "a lost head": (
        lambda state: drop(state, "rnn_cell.time_a.bias"),
        "lacks rnn_cell.time_a.bias",
    ),
    "a wrong shape": (
        lambda state: state | {"rnn_cell.backbone.0.bias": torch.zeros(3)},
        r"backbone.0.bias has shape \(3,\), expected \(11,\)",
    ),
    "different heads": (
        lambda state: state | {"rnn_cell.ff2.weight": torch.zeros(2, 11)},
        "have different shapes",
    ),
    "no tensor": (lambda state: state | {"rnn_cell.ff2.weight": 3}, "not a floating point tensor"),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_state_dict_gets_one_line(name):
    change, message = FOREIGN[name]
    state = dict(build("cfc default")[0].state_dict())
    with pytest.raises(NcpsStateError, match=message) as error:
        load_ncps(change(state))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", None, [1, 2]])
def test_a_damaged_file_gets_one_line(tmp_path, content):
    path = tmp_path / "policy.pt"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        torch.save(content, path)
    with pytest.raises(NcpsStateError) as error:
        read_ncps(path)
    assert "\n" not in str(error.value)
    assert str(path) in str(error.value)
