"""Fly a policy in the simulated world, in real time."""

from launch.actions import DeclareLaunchArgument, IncludeLaunchDescription
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

from launch import LaunchDescription


def generate_launch_description() -> LaunchDescription:
    """Start the world and include the policy's launch file on its topics."""
    share = FindPackageShare("liquid_control")
    arguments = {
        "model": (
            PathJoinSubstitution([share, "models", "fly_to_target_cfc.onnx"]),
            "policy file, .onnx",
        ),
        "seed": ("900000", "seed of the first flight"),
        "episodes": ("0", "how many flights; 0 flies on"),
        "perturb": ("none", "what to change in the world"),
        "viewer": ("false", "open a window"),
    }
    value = {name: LaunchConfiguration(name) for name in arguments}
    world = Node(
        package="liquid_control",
        executable="sim_node",
        name="sim_node",
        output="screen",
        parameters=[{name: value[name] for name in ("seed", "episodes", "perturb", "viewer")}],
    )
    pilot = IncludeLaunchDescription(
        PathJoinSubstitution([share, "launch", "policy.launch.py"]),
        launch_arguments={
            "model": value["model"],
            "camera": "image",
            "imu": "imu",
            "use_sim_time": "true",
        }.items(),
    )
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=text)
        for name, (default, text) in arguments.items()
    ]
    return LaunchDescription([*declared, world, pilot])
