"""What package.xml says is what the code imports: rosdep installs from it."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[2]
ROS = re.compile(r"rclpy|launch|launch_ros|\w+_msgs|\w+_interfaces")
KEYS = {"numpy": "numpy", "pil": "PIL", "rich": "rich", "typer": "typer", "yaml": "yaml"}
"""Keys of rosdep, without python3-, and what is imported of them."""


@pytest.fixture(scope="module")
def listed():
    package = ElementTree.parse(ROOT / "package.xml").getroot()
    return {depend.text for depend in package.iter("exec_depend")}


@pytest.fixture(scope="module")
def imported():
    """The first names of every import of what is installed."""
    found = set()
    for folder in ("liquid_control", "sim", "launch"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Import):
                    found |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found.add(node.module.partition(".")[0])
    return found


def test_every_ros_package_that_is_imported_is_listed_and_no_other(listed, imported):
    used = {name for name in imported if ROS.fullmatch(name)}
    assert {name for name in listed if not name.startswith("python3-")} == used


def test_every_python_package_that_is_listed_is_imported(listed, imported):
    keys = {name.removeprefix("python3-") for name in listed if name.startswith("python3-")}
    assert {KEYS[key] for key in keys} <= imported
    assert keys == KEYS.keys()
