"""What holds for every cell: one step, one scan, one flat state, one ONNX graph."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from liquid_control.errors import ConfigError
from liquid_control.networks.cells import CELLS, Cell, UnknownCellError, free_parameters, make_cell
from liquid_control.networks.export_step import export_step, load_step

INPUTS = 6
VARIANTS = {
    **{name: (name, {}) for name in CELLS.names()},
    "cfc no_gate": ("cfc", {"mode": "no_gate"}),
    "cfc pure": ("cfc", {"mode": "pure"}),
    "cfc bare": ("cfc", {"backbone_layers": 0}),
    "cfc deep silu": ("cfc", {"backbone_layers": 2, "backbone_activation": "silu"}),
    "cfc mixed": ("cfc", {"mixed_memory": True}),
    "cfc mixed bare": ("cfc", {"mixed_memory": True, "backbone_layers": 0}),
    "cfc mixed no_gate": ("cfc", {"mixed_memory": True, "mode": "no_gate", "backbone_layers": 2}),
    "wired_cfc linear": ("wired_cfc", {"head_activation": "linear"}),
    "wired_cfc mixed": ("wired_cfc", {"mixed_memory": True}),
    "ltc ncp": ("ltc", {"wiring": {"kind": "auto_ncp", "units": 16, "motor": 3}}),
    "ltc flown": ("ltc", {"unfolds": 3, "time_offset": 1e-3, "positivity": "relu"}),
    "ltc mixed": ("ltc", {"mixed_memory": True}),
}


def build(variant):
    torch.manual_seed(0)
    name, options = VARIANTS[variant]
    extra = {"lfm": {"window": 5, "convolutions": 1}, "transformer": {"window": 5}}.get(name, {})
    return make_cell(name, INPUTS, units=16, **options, **extra)


def unroll(cell, xs, state, dts, reset=None):
    ys = []
    for t in range(xs.shape[1]):
        if reset is not None:
            state = torch.where(reset[:, t, None], 0.0, state)
        y, state = cell.step(xs[:, t], state, dts[:, t])
        ys.append(y)
    return torch.stack(ys, 1), state


every_cell = pytest.mark.parametrize("variant", VARIANTS)


@every_cell
@settings(max_examples=4, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    time=st.integers(1, 40),
    reset_rate=st.sampled_from([0.0, 0.1, 0.5]),
    regular=st.booleans(),
)
def test_scan_gives_the_numbers_of_repeated_steps(variant, seed, time, reset_rate, regular):
    cell = build(variant)
    generator = torch.Generator().manual_seed(seed)
    xs = torch.randn(3, time, INPUTS, generator=generator)
    dts = 3 * torch.rand(3, time, 1, generator=generator)
    dts = torch.full_like(dts, 0.7) if regular else dts
    reset = torch.rand(3, time, generator=generator) < reset_rate
    with torch.no_grad():
        state = unroll(cell, xs[:, :2], cell.initial_state(3), dts[:, :2])[1]
        expected, last = unroll(cell, xs, state, dts, reset)
        for given_reset in [reset] if reset.any() else [reset, None]:
            ys, end = cell.scan(xs, state, dts, given_reset)
            torch.testing.assert_close(ys, expected, atol=1e-6, rtol=1e-6)
            torch.testing.assert_close(end, last, atol=1e-6, rtol=1e-6)


@every_cell
def test_scan_has_the_gradients_of_repeated_steps(variant):
    cell = build(variant).double()
    xs = torch.randn(2, 19, INPUTS, dtype=torch.float64, requires_grad=True)
    state = 0.1 * torch.randn(2, cell.state_size, dtype=torch.float64)
    if variant in ("lfm", "transformer"):
        state = cell.initial_state(2)
    state.requires_grad_()
    dts = torch.rand(2, 19, 1, dtype=torch.float64)
    reset = torch.rand(2, 19) < 0.1
    sources = [xs, state, *cell.parameters()]

    def gradients(run):
        ys, end = run(xs, state, dts, reset)
        loss = (ys * torch.arange(19.0)[:, None]).sum() + end.square().sum()
        return torch.autograd.grad(loss, sources, allow_unused=True)

    ours = gradients(cell.scan)
    expected = gradients(lambda *arguments: unroll(cell, *arguments))
    for gradient, reference in zip(ours, expected, strict=True):
        if reference is None:
            assert gradient is None or not gradient.any()
        else:
            torch.testing.assert_close(gradient, reference, atol=1e-9, rtol=1e-9)


@every_cell
@pytest.mark.parametrize("dt", [0.0, 1e-12, 1e6, 1e30])
def test_any_elapsed_time_gives_finite_numbers_and_gradients(variant, dt):
    cell = build(variant)
    xs = 10 * torch.randn(2, 30, INPUTS)
    dts = torch.full((2, 30, 1), dt)
    dts[0, ::3] = 1.0
    for run in (cell.scan, lambda *arguments: unroll(cell, *arguments)):
        cell.zero_grad()
        ys, state = run(xs, cell.initial_state(2), dts)
        assert ys.isfinite().all()
        assert state.isfinite().all()
        ys.square().sum().backward()
        for parameter in cell.parameters():
            assert parameter.grad is None or parameter.grad.isfinite().all()


@pytest.mark.parametrize("variant", ["ltc", "ltc ncp", "ltc mixed", "liquid_s4"])
def test_no_elapsed_time_leaves_a_physical_state_as_it_is(variant):
    cell = build(variant)
    inner = cell.liquid if variant.endswith("mixed") else cell
    state = torch.randn(4, inner.state_size)
    with torch.no_grad():
        after = inner.step(torch.randn(4, INPUTS), state, torch.zeros(4, 1))[1]
    torch.testing.assert_close(after, state, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("variant", ["cfc", "wired_cfc", "strict", "cfc mixed", "lstm", "gru"])
def test_outputs_stay_within_one_whatever_comes_in(variant):
    cell = build(variant)
    xs = 1000 * torch.randn(4, 50, INPUTS)
    with torch.no_grad():
        ys, _ = cell.scan(xs, cell.initial_state(4), 10 * torch.rand(4, 50, 1))
    assert ys.abs().max() <= 1


def test_ltc_voltages_stay_between_leak_and_reversal_potentials():
    cell = build("ltc")
    xs = 1000 * torch.randn(4, 50, INPUTS)
    with torch.no_grad():
        cell.erev.clamp_(-1, 1)
        _, state = cell.scan(xs, cell.initial_state(4), 10 * torch.rand(4, 50, 1))
    assert state.abs().max() <= 1


@pytest.mark.parametrize("variant", ["transformer", "lfm", "liquid_s4", "cfc"])
def test_the_future_does_not_reach_the_past(variant):
    cell = build(variant)
    xs = torch.randn(2, 12, INPUTS, requires_grad=True)
    ys, _ = cell.scan(xs, cell.initial_state(2), torch.ones(2, 12, 1))
    (gradient,) = torch.autograd.grad(ys[:, 6].sum(), xs)
    assert not gradient[:, 7:].any()
    assert gradient[:, 6].any()


def test_the_transformer_forgets_what_left_its_window():
    cell = build("transformer")
    xs = torch.randn(1, 30, INPUTS, requires_grad=True)
    ys, _ = cell.scan(xs, cell.initial_state(1), torch.ones(1, 30, 1))
    (gradient,) = torch.autograd.grad(ys[:, -1].sum(), xs)
    reach = 2 * (5 - 1) + 1
    assert not gradient[:, :-reach].any()
    assert gradient[:, -reach:].any(dim=2).all()


def test_the_liquid_term_makes_liquid_s4_bilinear_in_state_and_input():
    cell = build("liquid_s4")
    states = torch.randn(2, cell.state_size)
    dt = torch.ones(1, 1)

    def moved_apart(x):
        first, second = (cell.step(x, s[None], dt)[1] for s in states)
        return first - second

    with torch.no_grad():
        still, driven = moved_apart(torch.zeros(1, INPUTS)), moved_apart(torch.ones(1, INPUTS))
    assert (still - driven).abs().max() > 1e-3


@pytest.mark.parametrize("variant", [*CELLS.names(), "cfc mixed", "cfc pure", "ltc flown"])
def test_exported_step_keeps_its_numbers_over_500_steps_of_any_batch(variant, tmp_path):
    pytest.importorskip("onnxruntime")
    from liquid_control.policy.providers import make_session

    cell = build(variant)
    path = tmp_path / "step.onnx"
    export_step(cell, path)
    session = make_session(path.read_bytes(), "cpu")[0]
    rng = np.random.default_rng(0)
    with torch.no_grad():
        for batch, steps in ((2, 500), (1, 10), (5, 10)):
            state = cell.initial_state(batch)
            theirs = state.numpy()
            for _ in range(steps):
                x = rng.standard_normal((batch, INPUTS), dtype=np.float32)
                dt = rng.uniform(0.2, 2.0, (batch, 1)).astype(np.float32)
                y, state = cell.step(torch.from_numpy(x), state, torch.from_numpy(dt))
                output, theirs = session.run(None, {"x": x, "state": theirs, "dt": dt})
                np.testing.assert_allclose(output, y.numpy(), atol=1e-5, rtol=0)
            np.testing.assert_allclose(theirs, state.numpy(), atol=1e-5, rtol=0)


@pytest.mark.parametrize("name", CELLS.names())
def test_features_of_an_autocast_camera_network_are_taken(name):
    cell = build(name)
    xs, reset = torch.randn(2, 5, INPUTS), torch.zeros(2, 5, dtype=torch.bool)
    reset[0, 2] = True
    for given_reset in (None, reset):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            ys, _ = cell.scan(
                xs.bfloat16(), cell.initial_state(2), torch.rand(2, 5, 1), given_reset
            )
        ys.float().sum().backward()
        assert ys.isfinite().all()


@every_cell
def test_a_cell_keeps_to_the_device_of_its_parameters(variant):
    """The meta device stands for a GPU: torch refuses to mix it with the CPU."""
    cell = build(variant).to("meta")
    xs = torch.randn(3, 8, INPUTS, device="meta")
    dts = torch.rand(3, 8, 1, device="meta").requires_grad_()
    ys, state = cell.scan(xs, cell.initial_state(3), dts)
    ys.sum().backward()
    _, state = cell.step(xs[:, 0], state, dts[:, 0])
    assert ys.device.type == state.device.type == "meta"


def test_an_unknown_cell_gets_one_line_with_the_names():
    with pytest.raises(UnknownCellError) as error:
        make_cell("perceptron", 4)
    assert all(name in str(error.value) for name in CELLS.names())
    assert "\n" not in str(error.value)


def test_an_unknown_setting_gets_one_line_with_the_settings():
    with pytest.raises(ConfigError, match="'cfc' has no setting 'unit'; it has units,") as error:
        make_cell("cfc", 4, unit=3)
    assert str(error.value).endswith("mixed_memory")


@pytest.mark.parametrize("settings", [{"units": -1}, {"units": "many"}, {"backbone_layers": 0.5}])
def test_a_value_that_no_cell_can_have_gets_one_line(settings):
    with pytest.raises(ConfigError, match="the cell 'cfc' cannot be made with") as error:
        make_cell("cfc", 4, **settings)
    assert "\n" not in str(error.value)


def test_only_a_cell_that_says_so_has_a_mixed_memory():
    assert make_cell("cfc", 4, units=8, mixed_memory=True).state_size == 16
    with pytest.raises(ConfigError, match="'gru' has no setting 'mixed_memory'; it has units"):
        make_cell("gru", 4, mixed_memory=True)


OWN_CELL = """
from liquid_control.errors import ConfigError
from liquid_control.networks.cells import Cell
from torch import nn

class Leaky(Cell):
    takes_mixed_memory = True

    def __init__(self, input_size, *, units=5, keep=0.9):
        super().__init__(input_size, units, units)
        self.into, self.keep = nn.Linear(input_size, units), keep

    def step(self, x, state, dt):
        state = self.keep * state + self.into(x)
        return state, state
"""


def test_a_cell_of_ones_own_is_made_from_its_file_and_flies(tmp_path):
    (tmp_path / "leaky.py").write_text(OWN_CELL)
    name = f"{tmp_path / 'leaky.py'}:Leaky"
    cell = make_cell(name, 3, keep=0.5)
    assert isinstance(cell, Cell)
    before = torch.ones(1, 5)
    with torch.no_grad():
        moved = cell.step(torch.zeros(1, 3), before, torch.ones(1, 1))[0] - cell.into.bias
    assert torch.allclose(moved, 0.5 * before)
    assert make_cell(name, 3, mixed_memory=True).state_size == 10
    graph = load_step(cell)
    graph.inputs["state"][:] = 1.0
    graph.run()
    assert graph.outputs["y"][0] == pytest.approx(0.5 + cell.into.bias.detach().numpy())


@pytest.mark.parametrize("name", ["missing.py:Leaky", "leaky.py:Stiff", "broken.py:Leaky"])
def test_a_file_without_the_cell_gets_one_line(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "leaky.py").write_text(OWN_CELL)
    (tmp_path / "broken.py").write_text("import nowhere_to_be_found")
    with pytest.raises(UnknownCellError, match=name.split(":")[0]) as error:
        make_cell(name, 3)
    assert "\n" not in str(error.value)


def test_free_parameters_leave_out_what_the_wiring_lacks():
    torch.manual_seed(0)
    cell = make_cell("strict", 6, units=16)
    assert free_parameters(cell) == sum(
        int(layer.mask.sum()) + layer.heads.bias.numel() for layer in cell.layers
    )
    ltc = make_cell("ltc", 6, wiring={"kind": "auto_ncp", "units": 16, "motor": 3})
    assert free_parameters(ltc) == 4 * ltc.wiring.synapse_count + 3 * 16 + 2 * 6 + 2 * 3


def test_masks_are_no_parameters():
    for name in ("ltc", "wired_cfc", "strict"):
        assert not [key for key, _ in make_cell(name, 6).named_parameters() if "mask" in key]
