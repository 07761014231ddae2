"""Fly a policy in the simulated world, in real time; ends with the world's last flight."""

from launch.actions import (
    DeclareLaunchArgument,
    IncludeLaunchDescription,
    RegisterEventHandler,
    Shutdown,
)
from launch.event_handlers import OnProcessExit
from launch.events.process import ProcessExited
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

from launch import LaunchContext, LaunchDescription


def generate_launch_description() -> LaunchDescription:
    """Start the world and include the policy's launch file on its topics."""
    share = FindPackageShare("liquid_control")
    arguments = {
        "model": (
            PathJoinSubstitution([share, "models", "pilot_cfc.onnx"]),
            "policy file, .onnx",
        ),
        "task": ("", "task's name, or file.py:Class; the model's own by default"),
        "world": ("", "YAML file with changes of the task's world"),
        "goal": ("", "a person's order for every flight, such as 'blue barrel'"),
        "perturb": ("", "conditions by name, with commas between"),
        "seed": ("900000", "seed of the first flight"),
        "episodes": ("0", "how many flights; 0 flies on"),
        "viewer": ("false", "open a window"),
        "record": ("", "write what the pilot takes: FILE.mcap, or a folder"),
        "namespace": ("", "namespace of both nodes"),
    }
    value = {name: LaunchConfiguration(name) for name in arguments}
    text = {
        name: ParameterValue(value[name], value_type=str)
        for name in ("model", "task", "world", "goal", "perturb")
    }
    world = Node(
        package="liquid_control",
        executable="sim_node",
        name="sim_node",
        namespace=value["namespace"],
        output="screen",
        parameters=[{**text, **{name: value[name] for name in ("seed", "episodes", "viewer")}}],
    )
    pilot = IncludeLaunchDescription(
        PathJoinSubstitution([share, "launch", "policy.launch.py"]),
        launch_arguments={
            "model": value["model"],
            "camera": "image",
            "imu": "imu",
            "record": value["record"],
            "namespace": value["namespace"],
            "use_sim_time": "true",
        }.items(),
    )
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=what)
        for name, (default, what) in arguments.items()
    ]
    # The pilot comes first: it sets the shared memory, for both.
    end = RegisterEventHandler(OnProcessExit(target_action=world, on_exit=_end))
    return LaunchDescription([*declared, pilot, world, end])


def _end(event: ProcessExited, context: LaunchContext) -> list[Shutdown]:
    """Shut down with the world; after an interrupt that has happened already."""
    return [] if context.is_shutdown else [Shutdown(reason="the world has ended")]
