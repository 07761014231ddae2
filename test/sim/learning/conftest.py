"""What the tests of learning share: a small card and numbered flights."""

import numpy as np
import pytest
from liquid_control_sim.evaluation.runners.inline import InlineRunner
from liquid_control_sim.learning.store import COMMAND, DT, Recordings, row_dtype, write_flight

from liquid_control.contract import VELOCITY, PolicyCard, goal_input, image_input, imu_input

INPUTS = {
    "image": image_input(),
    "imu": imu_input(),
    "goal": goal_input(("chair",), ("red", "blue")),
}
CARD = PolicyCard("test", INPUTS, VELOCITY, hidden_size=1)


@pytest.fixture(scope="module")
def in_this_process():
    """Fly in this process: another one takes longer to start than a few small flights."""

    def run_flights(work, jobs, prepare, prepare_args, workers=None):
        return InlineRunner(workers).run(work, jobs, prepare, prepare_args)

    with pytest.MonkeyPatch.context() as patch:
        for user in ("learning.collect", "learning.stills", "evaluation.runners.local"):
            patch.setattr(f"liquid_control_sim.{user}.run_flights", run_flights)
        yield


@pytest.fixture(scope="session")
def card():
    return CARD


@pytest.fixture(scope="session")
def flight():
    """Return a maker of flights whose images and commands number their frames."""

    def make(frames, first=0, card=CARD):
        numbers = np.arange(first, first + frames)
        rows = np.zeros(frames, row_dtype(card))
        rows["image"] = (numbers % 200 + 20)[:, None, None, None]
        rows[DT] = 0.05
        rows[COMMAND] = numbers[:, None]
        return rows

    return make


@pytest.fixture(scope="session")
def recorded(tmp_path_factory):
    """Return a maker of recordings of given flights."""

    def make(flights, card=CARD):
        folder = tmp_path_factory.mktemp("flights")
        paths = [folder / f"{i}.npy" for i in range(len(flights))]
        for path, rows in zip(paths, flights, strict=True):
            write_flight(path, rows)
        return Recordings(paths, row_dtype(card))

    return make
