"""Imports go one way: the robot needs no simulator, and thinking needs no ROS.

The rules stand in ``.importlinter``; a new room is put into its lists.
"""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import liquid_control_sim
import pytest

import liquid_control

RULES = Path(__file__).parents[2] / ".importlinter"
ROBOT, SIM = (Path(package.__file__).parent for package in (liquid_control, liquid_control_sim))


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the rules against the packages that stand in a folder, or those installed."""
    code = f"""
import sys
from importlinter.cli import lint_imports
sys.exit(lint_imports(config_filename={str(RULES)!r}, no_cache=True, no_logo=True))
"""
    environment = {**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200"}
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=folder,
        env=environment,
    )


def test_every_room_imports_only_what_the_rules_allow(tmp_path):
    result = lint(tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


VIOLATIONS = {
    "rooms": ("liquid_control/safety/gate.py", "import liquid_control.sensors.observer"),
    "world": ("liquid_control_sim/tasks/__init__.py", "import liquid_control_sim.flight"),
    "robot": ("liquid_control/sensors/imu.py", "import torch"),
    "robot_only": ("liquid_control_sim/flight.py", "import liquid_control.networks.cells"),
    "networks": ("liquid_control/networks/cells/gru.py", "import mujoco"),
    "command_line": ("liquid_control_sim/settings.py", "import liquid_control.cli.main"),
    "ros": ("liquid_control/sensors/image.py", "import sensor_msgs.msg"),
    "ros_rooms": ("liquid_control_sim/env.py", "import liquid_control.nodes.conversions"),
    "torch": ("liquid_control_sim/world.py", "import torch"),
    "learning": ("liquid_control_sim/evaluation/suite.py", "import liquid_control_sim.learning"),
}


def test_every_rule_finds_what_breaks_it(tmp_path):
    for package, name in ((ROBOT, "liquid_control"), (SIM, "liquid_control_sim")):
        ignored = shutil.ignore_patterns("__pycache__", "assets")
        shutil.copytree(package, tmp_path / name, ignore=ignored)
    for path, line in VIOLATIONS.values():
        text = (tmp_path / path).read_text()
        (tmp_path / path).write_text(f"{text}\n\ndef late():\n    {line}\n")
    (tmp_path / "liquid_control" / "attic.py").touch()
    rules = configparser.ConfigParser()
    rules.read(RULES)
    contracts = {s.rpartition(":")[2]: rules[s]["name"] for s in rules if ":contract:" in s}
    assert contracts.keys() == VIOLATIONS.keys()
    found = lint(tmp_path).stdout
    assert {name for name in contracts.values() if f"{name} BROKEN" in found} == set(
        contracts.values()
    ), found
    assert "attic" in found, "a room that is in no list"


WORKSTATION = {
    *("gymnasium", "imageio", "matplotlib", "mujoco", "ncps", "networkx", "onnx", "onnxscript"),
    *("ray", "scipy", "tensorboard", "torch", "liquid_control_sim"),
}
ROS = {"rclpy", "sensor_msgs", "geometry_msgs", "diagnostic_msgs", "std_msgs", "nav_msgs"}


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("liquid_control.pipeline", WORKSTATION | ROS),
        ("liquid_control.nodes.policy_node", WORKSTATION),
        ("liquid_control.cli.main", WORKSTATION | ROS | {"onnxruntime"}),
    ],
)
def test_importing_loads_only_what_that_place_has(module, forbidden):
    code = f"import sys, {module}; print(*sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = {name.partition(".")[0] for name in result.stdout.split()}
    assert not loaded & forbidden
