"""The launch files, where ROS 2's launch is installed (it is not on PyPI)."""

import importlib.util
from pathlib import Path

import pytest

pytest.importorskip("launch_ros.actions", reason="ROS 2's launch is not installed")

LAUNCH = Path(__file__).parents[2] / "launch"


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
                "model", "params", "camera", "imu", "odometry", "goal", "command", "platform",
                "record", "namespace", "use_sim_time", "autostart",
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

    monkeypatch.setenv("FASTRTPS_DEFAULT_PROFILES_FILE", "/mine.xml")
    _, description = described("policy")
    context = LaunchContext()
    for action in description.entities:
        if type(action).__name__ == "SetEnvironmentVariable":
            name = "".join(part.perform(context) for part in action.name)
            if name == "FASTRTPS_DEFAULT_PROFILES_FILE":
                assert "".join(p.perform(context) for p in action.value) == "/mine.xml"
                return
    raise AssertionError("the launch file sets no transport profile")
