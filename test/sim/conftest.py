"""One world for a whole file: making it takes longer than most tests."""

from __future__ import annotations

import pytest
from liquid_control_sim.world import World


@pytest.fixture(scope="module")
def world():
    shared = World()
    yield shared
    shared.close()
