"""How fast the cells are: a training pass and one exported step, beside ncps and torch's LSTM."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..networks.cells import CELLS, Cell, make_cell
from ..networks.device import find_device
from ..networks.export_step import load_step

INPUTS, BATCH, STEPS = 64, 16, 64
UNITS = {"wired_cfc": 32, "strict": 32, "ltc": 32}
"""Neurons of a cell; 64 where nothing is said."""

Action = Callable[[], object]


def bench_cells(
    against_ncps: bool = True,
    cells: Iterable[str] | None = None,
    repeats: int = 9,
    device: str = "cpu",
) -> dict[str, Any]:
    """Time every cell on one CPU thread or on a GPU, all in turn in the same run.

    Forward and backward: 16 sequences of 64 steps with 64 inputs, at the nominal rate, loss the
    sum of all outputs. One step: batch 1, ours in ONNX Runtime, ncps and torch's LSTM eager.

    Args:
        against_ncps: whether to time ncps as well, which must be installed then.
        cells: names as in `make_cell`; None is all of ours.
        repeats: how often each is timed; the median counts.
        device: "cpu" or "cuda", of torch and of ONNX Runtime alike.

    Returns:
        ``forward_backward`` and ``onnx_step``, each by cell name with ``units``, ``ms`` (median),
        ``vs_ncps`` and ``vs_lstm`` (times as fast as that reference; None without one), and
        ``machine``.

    Raises:
        ConfigError: the device is not there.
    """
    place = find_device(device)
    names = CELLS.names() if cells is None else list(cells)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        torch.manual_seed(0)
        built = {name: make_cell(name, INPUTS, units=UNITS.get(name, 64)) for name in names}
        stepping = {name: _onnx_step(cell, device) for name, cell in built.items()}
        modules = _references(names, against_ncps)
        training = {name: _pass_of_cell(cell.to(place), place) for name, cell in built.items()}
        for name, module in modules.items():
            training[name] = _pass_of_module(module.to(place), place)
            stepping[name] = _eager_step(module, place)
        return {
            "forward_backward": _compare(built, _interleave(training, repeats, 3, place)),
            "onnx_step": _compare(built, _interleave(stepping, repeats, 100, place)),
            "machine": _machine(place),
        }
    finally:
        torch.set_num_threads(threads)


def _references(names: list[str], against_ncps: bool) -> dict[str, nn.Module]:
    modules: dict[str, nn.Module] = {"reference lstm": nn.LSTM(INPUTS, 64, batch_first=True)}
    if against_ncps:
        import ncps.torch
        import ncps.wirings

        wiring = ncps.wirings.AutoNCP(UNITS["wired_cfc"], 4)
        known = {
            "cfc": lambda: ncps.torch.CfC(INPUTS, 64),
            "wired_cfc": lambda: ncps.torch.CfC(INPUTS, wiring),
            "ltc": lambda: ncps.torch.LTC(INPUTS, UNITS["ltc"]),
        }
        modules |= {f"ncps {name}": known[name]() for name in names if name in known}
    return modules


def _pass_of_cell(cell: Cell, place: torch.device) -> Action:
    xs = torch.randn(BATCH, STEPS, INPUTS, device=place)
    dts = torch.ones(BATCH, STEPS, 1, device=place)

    def run() -> None:
        cell.zero_grad()
        cell.scan(xs, cell.initial_state(BATCH), dts)[0].sum().backward()

    return run


def _pass_of_module(module: nn.Module, place: torch.device) -> Action:
    xs = torch.randn(BATCH, STEPS, INPUTS, device=place)

    def run() -> None:
        module.zero_grad()
        module(xs)[0].sum().backward()

    return run


def _onnx_step(cell: Cell, device: str) -> Action:
    graph = load_step(cell, device)
    graph.inputs["x"][:] = torch.randn(1, INPUTS).numpy()
    graph.inputs["dt"][:] = 1.0
    return graph.run


def _eager_step(module: nn.Module, place: torch.device) -> Action:
    x: Tensor = torch.randn(1, 1, INPUTS, device=place)
    with torch.no_grad():
        state = module(x)[1]

    def run() -> None:
        with torch.no_grad():
            module(x, state)

    return run


def _interleave(
    actions: dict[str, Action], repeats: int, calls: int, place: torch.device
) -> dict[str, float]:
    """Return the median milliseconds of one call, each action in turn in every repeat."""
    times: dict[str, list[float]] = {name: [] for name in actions}
    for repeat in range(repeats + 1):
        for name, action in actions.items():
            start = time.perf_counter()
            for _ in range(calls):
                action()
            if place.type == "cuda":  # which is only asked to compute until here
                torch.cuda.synchronize()
            if repeat:  # the first one warms up
                times[name].append(1e3 * (time.perf_counter() - start) / calls)
    return {name: statistics.median(values) for name, values in times.items()}


def _compare(cells: dict[str, Cell], ms: dict[str, float]) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "units": UNITS.get(name, 64),
            "ms": ms[name],
            "vs_ncps": ms[f"ncps {name}"] / ms[name] if f"ncps {name}" in ms else None,
            "vs_lstm": ms["reference lstm"] / ms[name],
        }
        for name in cells
    }


def _machine(place: torch.device) -> dict[str, Any]:
    models = [
        line.split(":", 1)[1].strip()
        for line in _lines(Path("/proc/cpuinfo"))
        if line.startswith("model name")
    ]
    return {
        "processor": models[0] if models else platform.processor() or platform.machine(),
        "gpu": torch.cuda.get_device_name() if place.type == "cuda" else "none",
        "threads": 1,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
