"""What several test files share: one small real policy, and what keeps a test quick."""

from __future__ import annotations

import os
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from liquid_control.cli.main import main
from liquid_control.contract import (
    VELOCITY,
    Frame,
    ImuSample,
    PolicyCard,
    image_input,
    imu_input,
)

# The same examples on every machine and every day: a failure is never luck.
settings.register_profile("repeatable", derandomize=True, deadline=None, print_blob=True)
settings.load_profile("repeatable")

# One core for each test process and its children: the threads of several would wait in turns for
# each other, and how a sum is split among threads decides its last digits.
os.environ["OMP_NUM_THREADS"] = "1"

TINY_UNITS = 16
MILLISECOND = 1_000_000
GRAVITY = (0.0, 0.0, 0.0, 0.0, 0.0, 9.81)


@pytest.fixture(scope="session")
def tiny_card() -> PolicyCard:
    """A card to export with; export fills in the golden rollout."""
    inputs = {"image": image_input(), "imu": imu_input()}
    return PolicyCard("tiny", inputs, VELOCITY, hidden_size=TINY_UNITS)


@pytest.fixture(scope="session")
def tiny_network(tiny_card):
    """A CfC policy of 16 neurons with random weights, 96x64 RGB and IMU."""
    torch = pytest.importorskip("torch")
    from liquid_control.networks.policy import NetworkConfig, PolicyNetwork

    torch.manual_seed(0)
    cell_settings = {"units": TINY_UNITS, "backbone_units": 24}
    encoders = {"image": {"features": 16}}
    return PolicyNetwork(NetworkConfig(cell_settings=cell_settings, encoders=encoders), tiny_card)


@pytest.fixture(scope="session")
def tiny_policy_path(tiny_network, tmp_path_factory) -> Path:
    """The sealed bundle of the tiny network. Read it, never write to it."""
    from liquid_control.networks.export import export

    path = tmp_path_factory.mktemp("policy") / "tiny.onnx"
    export(tiny_network, tiny_network.card, path)
    path.chmod(0o444)
    return path


def pytest_collection_modifyitems(items) -> None:
    """Begin with what takes longest, so that no process is left alone with it at the end."""
    items.sort(key=lambda item: "test_tutorials" not in item.nodeid)


@pytest.fixture(scope="session", autouse=True)
def _operators_read_once():
    """Torch reads all its operators anew for each export, which takes half a second."""
    if "torch" not in sys.modules:
        yield
        return
    from torch.onnx._internal.exporter._registration import ONNXRegistry

    with pytest.MonkeyPatch.context() as patch:
        read = staticmethod(cache(ONNXRegistry.from_torchlib))
        patch.setattr(ONNXRegistry, "from_torchlib", read)
        yield


@pytest.fixture(scope="module")
def short_export():
    """Compare an export over few steps, in tests of something else."""
    from liquid_control.networks import export

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(export, "LONGEST_ROLLOUT", 4)
        patch.setattr(export, "GOLDEN_STEPS", 4)
        yield


@pytest.fixture
def command(monkeypatch, capsys):
    """``command(*arguments)``: run ``liquid-control``; return exit code, output and errors."""

    def run(*arguments):
        with monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["liquid-control", *map(str, arguments)])
            code = main()
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.fixture(scope="session")
def make_frame():
    """``make_frame(milliseconds)``: a frame of random pixels; the stamp decides the pixels."""

    def make(stamp_ms: float, height: int = 64, width: int = 96) -> Frame:
        stamp_ns = round(stamp_ms * MILLISECOND)
        rng = np.random.default_rng(abs(stamp_ns))
        return Frame(stamp_ns, rng.integers(0, 256, (height, width, 3), np.uint8))

    return make


@pytest.fixture(scope="session")
def make_imu():
    """``make_imu(milliseconds, values)``: one inertial sample, at rest by default."""

    def make(stamp_ms: float, values: tuple[float, ...] = GRAVITY) -> ImuSample:
        return ImuSample(round(stamp_ms * MILLISECOND), tuple(values[:3]), tuple(values[3:]))

    return make
