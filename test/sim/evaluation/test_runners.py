"""Where flights are flown does not change them."""

import sys

import pytest
from liquid_control_sim.evaluation import evaluate
from liquid_control_sim.evaluation.runners import RUNNERS
from liquid_control_sim.settings import world_of

from liquid_control.errors import ConfigError

SEED = 950_000
SHORT = {"task": {"time_limit_s": 0.5}}


def test_an_unknown_runner_is_refused_with_those_there_are():
    with pytest.raises(ConfigError, match="inline, local, ray"):
        RUNNERS.get("cloud")


def test_a_runner_that_is_not_installed_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigError, match=r"liquid_control\[ray\]"):
        evaluate("hover", 1, runner="ray")


def test_ray_flies_the_same_flights_as_processes_do():
    pytest.importorskip("ray")
    world = world_of(changes=SHORT)
    on_ray, here = (
        evaluate("expert", 4, seed=SEED, world=world, workers=2, runner=runner)
        for runner in ("ray", "local")
    )
    assert on_ray.flights == here.flights


def test_an_error_on_ray_is_the_error_of_the_policy(tmp_path):
    pytest.importorskip("ray")
    path = tmp_path / "mine.py"
    path.write_text("def make(card):\n    return lambda observation: 1 / 0\n")
    with pytest.raises(Exception, match="ZeroDivisionError") as raised:
        evaluate(f"{path}:make", 1, seed=SEED, world=world_of(changes=SHORT), runner="ray")
    assert type(raised.value).__name__ == "PolicyCodeError"
