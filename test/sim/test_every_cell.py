"""Every cell learns, exports and flies in the same policy: one word of the YAML changes."""

import numpy as np
import pytest
import torch
from liquid_control_sim.flight import PilotAct
from liquid_control_sim.imitation.config import OptimizerConfig, load_config
from liquid_control_sim.imitation.dataset import Chunk
from liquid_control_sim.imitation.fit import Fit, fit_chunk
from liquid_control_sim.imitation.train import card_of
from liquid_control_sim.world import World

from liquid_control.networks.cells import CELLS
from liquid_control.networks.export import export
from liquid_control.networks.policy import PolicyNetwork
from liquid_control.pipeline import Pilot
from liquid_control.runtime import load_policy
from liquid_control.safety import Mode
from liquid_control.share import share_file


@pytest.fixture(scope="module")
def world():
    world = World()
    yield world
    world.close()


@pytest.fixture
def config(request, tmp_path):
    """The shipped configuration with another word behind ``cell:``."""
    text = share_file("config/train/fly_to_target.yaml").read_text()
    path = tmp_path / "train.yaml"
    path.write_text(text.replace("cell: cfc ", f"cell: {request.param} "))
    config = load_config(path)
    assert config.network.cell == request.param
    return config


@pytest.mark.parametrize("config", list(CELLS), indirect=True)
def test_a_cell_fits_exports_and_flies_when_one_word_is_changed(config, world, tmp_path):
    torch.manual_seed(0)
    network = PolicyNetwork(config.network, timing=config.timing)
    fit = Fit(network, torch.optim.AdamW(network.parameters(), lr=3e-3))
    rng = np.random.default_rng(0)
    first = torch.zeros(2, 6, dtype=torch.bool)
    first[:, 0] = True
    chunk = Chunk(
        torch.from_numpy(rng.integers(0, 256, (2, 6, 64, 96, 3), np.uint8)),
        torch.from_numpy(rng.standard_normal((2, 6, 6)).astype(np.float32)),
        torch.full((2, 6, 1), 0.05),
        torch.from_numpy(rng.uniform(-0.5, 0.5, (2, 6, 4)).astype(np.float32)),
        first,
    )
    losses = [fit_chunk(fit, chunk, None, OptimizerConfig())[0] for _ in range(15)]
    assert losses[-1] < losses[0]

    export(network, card_of(config, network, data=""), tmp_path / "policy.onnx")
    act = PilotAct(Pilot(load_policy(tmp_path / "policy.onnx")))
    frame = world.reset(900_000)
    for _ in range(10):
        frame = world.step(act(frame))
        assert act.pilot.gate.mode is Mode.ACTIVE
