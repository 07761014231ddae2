"""The launch files, where ROS 2's launch is installed (it is not on PyPI)."""

import importlib.util
import os
from pathlib import Path

import pytest
import yaml

from liquid_control.transport import profile_variable

pytest.importorskip("launch_ros.actions", reason="ROS 2's launch is not installed")

LAUNCH = Path(__file__).parents[2] / "launch"
ROBOTS = LAUNCH.parent / "config/robots"


@pytest.fixture(scope="module", autouse=True)
def installed(tmp_path_factory):
    """A workspace in which this checkout is installed."""
    prefix = tmp_path_factory.mktemp("install")
    index = prefix / "share/ament_index/resource_index/packages"
    index.mkdir(parents=True)
    (index / "liquid_control").touch()
    (prefix / "share/liquid_control").symlink_to(LAUNCH.parent)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AMENT_PREFIX_PATH", str(prefix), prepend=os.pathsep)
        yield


def described(name):
    spec = importlib.util.spec_from_file_location(name, LAUNCH / f"{name}.launch.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module, module.generate_launch_description()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        (
            "policy",
            {
                "robot", "model", "params", "camera", "imu", "odometry", "goal", "command",
                "platform", "record", "namespace", "use_sim_time", "autostart",
            },
        ),
        (
            "sim",
            {
                "model", "task", "world", "goal", "perturb", "seed", "episodes", "viewer",
                "record", "namespace",
            },
        ),
    ],
)  # fmt: skip
def test_a_launch_file_declares_its_arguments_with_a_description(name, arguments):
    _, description = described(name)
    entities = [e for e in description.entities if type(e).__name__ == "DeclareLaunchArgument"]
    declared = {entity.name: entity for entity in entities}
    assert set(declared) == arguments
    assert all(len(a.description) > 8 for a in declared.values())


def parameters_of(**said):
    """Return the parameters that the node of policy.launch.py is started with."""
    from launch import LaunchContext

    module, description = described("policy")
    context = LaunchContext()
    context.launch_configurations.update(said)
    for entity in description.entities:
        if type(entity).__name__ == "DeclareLaunchArgument":
            entity.execute(context)
    (node,) = module._node(context)
    node._perform_substitutions(context)
    found = {}
    for text, is_file in node._Node__expanded_parameter_arguments:
        data = yaml.safe_load(Path(text).read_text()) if is_file else {}
        for part in data.values():
            found.update(part["ros__parameters"])
    return found


@pytest.mark.parametrize("robot", sorted(p.stem for p in ROBOTS.glob("*.yaml")))
def test_a_robot_is_launched_by_the_name_of_its_file(robot):
    found = parameters_of(robot=robot)
    said = yaml.safe_load((ROBOTS / f"{robot}.yaml").read_text())["/**"]["ros__parameters"]
    assert found["platform"] == said["platform"]
    assert Path(found["model"]).is_file()


def test_what_a_person_says_comes_before_the_robot_s_file():
    found = parameters_of(robot="px4", platform="twist", model="/mine.onnx")
    assert (found["platform"], found["model"]) == ("twist", "/mine.onnx")


def test_the_worlds_end_ends_the_launch_unless_it_is_ending_already():
    from launch.actions import Shutdown

    class Context:
        is_shutdown = False

    module, _ = described("sim")
    (action,) = module._end(None, Context)
    assert isinstance(action, Shutdown)
    Context.is_shutdown = True
    assert module._end(None, Context) == []


def test_a_person_s_own_transport_profile_stays(monkeypatch):
    from launch import LaunchContext

    monkeypatch.setenv(profile_variable(), "/mine.xml")
    _, description = described("policy")
    context = LaunchContext()
    for action in description.entities:
        if type(action).__name__ == "SetEnvironmentVariable":
            name = "".join(part.perform(context) for part in action.name)
            if name == profile_variable():
                assert "".join(p.perform(context) for p in action.value) == "/mine.xml"
                return
    raise AssertionError("the launch file sets no transport profile")
