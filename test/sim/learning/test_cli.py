"""`liquid-control train`: options reach the run, and a stopped run says how to go on."""

import shlex

import pytest

from liquid_control.cli.train import train
from liquid_control.errors import ConfigError


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "my config.yaml"
    path.write_text("name: small\nseed: 3")
    return path


@pytest.fixture
def begun(monkeypatch):
    """Keep what the command hands on, without training; ``stop`` ends it as Ctrl-C does."""
    calls = []

    def run(config, run, progress, flights):
        calls.append((config, run, flights))
        if (run.parent / "stop").exists():
            raise KeyboardInterrupt
        return run / "small.onnx"

    monkeypatch.setattr("liquid_control_sim.learning.train.train", run)
    return calls


def test_options_reach_the_run(config, begun, tmp_path):
    sets, diary = ["network.cell=ltc", "seed=4"], "my.py:Diary"
    train(config, tmp_path / "run", False, tmp_path / "flights", sets, [diary])
    ((found, run, flights),) = begun
    assert (found.network.cell, found.seed) == ("ltc", 4)
    assert found.callbacks == ("tensorboard", diary)
    assert (run, flights) == (tmp_path / "run", tmp_path / "flights")


def test_a_run_has_a_directory_of_its_name_unless_told(config, begun, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    train(config)
    assert begun[0][1].parts == ("runs", "train", "small")


def test_a_directory_with_something_in_it_needs_resume(config, begun, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "notes").write_text("mine")
    with pytest.raises(ConfigError, match="is not empty; add --resume"):
        train(config, tmp_path / "run")
    train(config, tmp_path / "run", resume=True)
    assert len(begun) == 1


def test_a_stopped_run_prints_the_command_that_goes_on_with_it(config, begun, tmp_path, capsys):
    (tmp_path / "stop").touch()
    sets = ["network.cell_settings={units: 8}"]
    with pytest.raises(KeyboardInterrupt):
        train(config, tmp_path / "run", False, tmp_path / "flights", sets, ["my.py:Diary"])
    words = shlex.split(capsys.readouterr().out.partition("to go on: ")[2])
    assert words[:3] == ["liquid-control", "train", str(config)]
    expected = [
        *("--out", str(tmp_path / "run"), "--resume", "--flights", str(tmp_path / "flights")),
        *("--set", sets[0], "--callback", "my.py:Diary"),
    ]
    assert words[3:] == expected
