"""The launch files, where ROS 2's launch is installed (it is not on PyPI)."""

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("launch_ros.actions", reason="ROS 2's launch is not installed")

LAUNCH = Path(__file__).parents[2] / "launch"


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("policy", {"model", "camera", "imu", "command", "autostart", "use_sim_time"}),
        ("sim", {"model", "seed", "episodes", "perturb", "viewer"}),
    ],
)
def test_a_launch_file_declares_its_arguments(name, arguments):
    spec = importlib.util.spec_from_file_location(name, LAUNCH / f"{name}.launch.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    description = module.generate_launch_description()
    declared = {a.name for a in description.get_launch_arguments()}
    assert arguments <= declared
