"""Imports go one way: the robot needs no simulator, and thinking needs no ROS."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import liquid_control_sim
import pytest

import liquid_control

ROBOT = Path(liquid_control.__file__).parent
SIM = Path(liquid_control_sim.__file__).parent

# The rooms of the robot, each above those that may import it. A folder is one room.
ROOMS = (
    "errors",
    "contract",
    "faults",
    "safety",
    "camera",
    "protobuf",
    "bundle",
    "providers",
    "step_graph",
    "runtime",
    "observation",
    "pipeline",
    "share",
    "processes",
    "platforms",
    "nodes",
)
# Rooms beside the robot's: where they stand, and what they may not reach.
NETWORKS_MAY_IMPORT = {
    "errors",
    "contract",
    "bundle",
    "providers",
    "step_graph",
    "runtime",
    "networks",
}
ROOMS_BESIDE = ("networks", "cli")
# The package itself holds its version and nothing else.
PACKAGE = "__init__"

WORKSTATION = {
    "gymnasium",
    "imageio",
    "matplotlib",
    "mujoco",
    "ncps",
    "networkx",
    "onnx",
    "onnxscript",
    "scipy",
    "tensorboard",
    "torch",
    "liquid_control_sim",
}
ROS = {
    "builtin_interfaces",
    "cv_bridge",
    "diagnostic_msgs",
    "geometry_msgs",
    "launch",
    "launch_ros",
    "lifecycle_msgs",
    "mavros_msgs",
    "nav_msgs",
    "px4_msgs",
    "rcl_interfaces",
    "rclpy",
    "rosgraph_msgs",
    "sensor_msgs",
    "std_msgs",
    "std_srvs",
    "tf2_ros",
}
ROOMS_WITH_ROS = {"platforms", "nodes"}
SIM_FILES_WITH_ROS = {"node", "messages"}


def files(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*.py") if "__pycache__" not in p.parts)


def module_of(path: Path) -> str:
    root, name = (
        (ROBOT, "liquid_control")
        if path.is_relative_to(ROBOT)
        else (
            SIM,
            "liquid_control_sim",
        )
    )
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join((name, *parts))


def room_of(path: Path) -> str:
    """Return the first part below the package: 'camera', 'nodes', 'imitation', ..."""
    return module_of(path).split(".")[1]


def imports(path: Path) -> set[str]:
    """Return the full dotted names that a file imports, functions and type checking included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            package = module_of(path).split(".")[: -node.level] if node.level else []
            base = ".".join([*package, *([node.module] if node.module else [])])
            found |= {f"{base}.{alias.name}" for alias in node.names}
    return found


def reaches(found: set[str], forbidden: set[str]) -> set[str]:
    """Return those imports that are, or lie in, one of the forbidden modules."""
    return {name for name in found if any(_within(name, module) for module in forbidden)}


def _within(name: str, module: str) -> bool:
    return name == module or name.startswith(f"{module}.")


def rooms_imported(path: Path) -> set[str]:
    """Return the rooms of liquid_control that a file imports."""
    return {
        name.split(".")[1]
        for name in imports(path)
        if name.startswith("liquid_control.") and name.split(".")[1] != "__version__"
    }


def parametrize_files(*paths: Path):
    return pytest.mark.parametrize("path", paths, ids=module_of)


ROBOT_FILES = [p for p in files(ROBOT) if room_of(p) not in ROOMS_BESIDE]
PURE_FILES = [p for p in ROBOT_FILES if room_of(p) not in ROOMS_WITH_ROS]
NETWORK_FILES = [p for p in files(ROBOT) if room_of(p) == "networks"]
CLI_FILES = [p for p in files(ROBOT) if room_of(p) == "cli"]


@parametrize_files(*files(ROBOT))
def test_every_file_stands_in_a_room(path):
    assert room_of(path) in {PACKAGE, *ROOMS, *ROOMS_BESIDE}, (
        f"{path.name} stands in no room: add it to ROOMS in {Path(__file__).name}, below what it "
        "imports and above what imports it, and to docs/architecture.md"
    )


@pytest.mark.parametrize("room", [*ROOMS, *ROOMS_BESIDE])
def test_every_room_of_the_table_exists(room):
    assert room in {room_of(path) for path in files(ROBOT)}, f"take {room} out of the table"


@parametrize_files(*ROBOT_FILES)
def test_a_room_imports_only_rooms_above_it(path):
    room = room_of(path)
    above = set() if room == PACKAGE else {*ROOMS[: ROOMS.index(room)], room}
    wrong = rooms_imported(path) - above
    assert not wrong, f"{module_of(path)} imports {sorted(wrong)}, which stand below it"


@parametrize_files(*ROBOT_FILES)
def test_the_robot_never_imports_what_only_a_workstation_has(path):
    assert not reaches(imports(path), WORKSTATION)


@parametrize_files(*PURE_FILES, *NETWORK_FILES, *CLI_FILES)
def test_only_nodes_and_platforms_import_ros(path):
    wrong = reaches(imports(path), ROS)
    assert not wrong, f"{module_of(path)} imports {sorted(wrong)}: that belongs into nodes/"


@parametrize_files(*NETWORK_FILES)
def test_networks_know_neither_the_simulator_nor_the_nodes(path):
    assert not reaches(imports(path), {"liquid_control_sim", "mujoco", "gymnasium"})
    wrong = rooms_imported(path) - NETWORKS_MAY_IMPORT
    assert not wrong, f"{module_of(path)} imports {sorted(wrong)}"


@parametrize_files(*files(SIM))
def test_the_simulator_never_imports_the_command_line(path):
    assert "cli" not in rooms_imported(path)


@parametrize_files(*[p for p in files(SIM) if room_of(p) not in SIM_FILES_WITH_ROS])
def test_only_the_simulators_node_imports_ros(path):
    assert not reaches(imports(path), ROS)
    assert not rooms_imported(path) & ROOMS_WITH_ROS


@parametrize_files(*[p for p in files(SIM) if room_of(p) != "imitation"])
def test_the_world_flies_without_torch(path):
    assert not reaches(imports(path), {"torch", "tensorboard", "onnx"})
    assert "networks" not in rooms_imported(path)


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
    assert not reaches(set(result.stdout.split()), forbidden)
