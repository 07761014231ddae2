"""Callbacks: the built-in one, one of your own, and one that fails."""

import pytest
from liquid_control_sim.learning.callbacks import CALLBACKS, CallbackError, Callbacks
from liquid_control_sim.learning.config import TrainConfig
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from liquid_control.contract import Score
from liquid_control.errors import ConfigError

OWN = """
from liquid_control_sim.learning.callbacks import Callback

class Diary(Callback):
    def on_begin(self, config, run):
        self.lines = [config.name]
        self.run = run

    def on_epoch(self, epoch, metrics):
        self.lines.append(f"{epoch} {metrics['loss']}")

    def on_end(self, policy, scores):
        self.lines.append(f"{policy.name} {scores[0].successes}")
        (self.run / "diary").write_text("\\n".join(self.lines))

class Broken(Callback):
    def on_epoch(self, epoch, metrics):
        raise OSError("the server is away")

class Other:
    pass
"""
SCORE = Score("none", 10, 9, 0, (0.6, 1.0))


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "my.py"
    path.write_text(OWN)
    return path


def tell(names, run):
    callbacks = Callbacks(names)
    callbacks.on_begin(TrainConfig(name="a"), run)
    callbacks.on_epoch(1, {"loss": 0.5})
    callbacks.on_epoch(2, {"loss": 0.25})
    callbacks.on_end(run / "a.onnx", [SCORE])


def test_one_of_your_own_hears_of_begin_epochs_and_end(own, tmp_path):
    tell([f"{own}:Diary"], tmp_path)
    assert (tmp_path / "diary").read_text().splitlines() == ["a", "1 0.5", "2 0.25", "a.onnx 9"]


def test_the_built_in_one_writes_curves_for_tensorboard(tmp_path):
    assert CALLBACKS.names() == ["tensorboard"]
    tell(["tensorboard"], tmp_path)
    curves = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    assert [(e.step, e.value) for e in curves.Scalars("loss")] == [(1, 0.5), (2, 0.25)]
    assert curves.Scalars("success/none")[0].value == pytest.approx(0.9)


def test_one_that_fails_is_named_with_what_it_said(own, tmp_path):
    with pytest.raises(CallbackError, match=r"^callback [^\n]*my\.py:Broken failed: OSError: the"):
        tell([f"{own}:Broken"], tmp_path)


@pytest.mark.parametrize("name", ["wandbb", "{own}:Nobody", "{own}:Other"])
def test_one_that_is_not_there_is_refused(own, name):
    with pytest.raises(ConfigError, match=r"^[^\n]*callback[^\n]*$"):
        Callbacks([name.format(own=own)])
