"""Every cell learns, exports and flies in the same policy: one word of the YAML changes."""

import numpy as np
import pytest
from liquid_control_sim.flight import fly
from liquid_control_sim.learning.batches import whole
from liquid_control_sim.learning.clone import Fit, fit_chunk
from liquid_control_sim.learning.config import load_config
from liquid_control_sim.learning.plan import plan
from liquid_control_sim.learning.store import row_dtype
from liquid_control_sim.settings import world_of
from liquid_control_sim.world import World

from liquid_control.networks.cells import CELLS
from liquid_control.networks.export import export
from liquid_control.pipeline import Pilot
from liquid_control.policy import load_policy
from liquid_control.safety.gate import Mode
from liquid_control.share import share_file

SHIPPED = "config/train/fly_to_target.yaml"


@pytest.fixture(scope="module")
def world():
    made = World(world_of("fly_to_target", {"task": {"time_limit_s": 0.6}}))
    yield made
    made.close()


@pytest.mark.parametrize("cell", CELLS.names())
def test_a_cell_fits_exports_and_flies_when_one_word_is_changed(cell, world, tmp_path):
    sets = (f"network.cell={cell}", "optimizer.learning_rate=3e-3")
    config = load_config(share_file(SHIPPED), sets)
    lessons = plan(config)
    fit, rng = Fit.begin(config, lessons.card), np.random.default_rng(0)
    rows = np.zeros(12, row_dtype(lessons.card))
    rows["image"] = rng.integers(0, 256, (12, 64, 96, 3), np.uint8)
    rows["imu"] = rng.standard_normal((12, 6))
    rows["dt_s"] = 0.05
    rows["command"] = rng.uniform(-0.5, 0.5, (12, 4))
    chunk = whole(rows, lessons.card)
    losses = [fit_chunk(fit, chunk, None, config.optimizer)[0] for _ in range(15)]
    assert losses[-1] < losses[0]

    export(fit.network, lessons.card_of(fit.network, ""), tmp_path / "policy.onnx")
    policy = load_policy(tmp_path / "policy.onnx")
    assert policy.card.network["cell"] == cell
    steps = []
    fly(world, Pilot(policy), 950_000, on_step=steps.append)
    assert len(steps) >= 10
    assert all(step.mode is Mode.ACTIVE for step in steps)
