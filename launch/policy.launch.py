"""Fly a policy on a robot: camera and IMU topics in, velocity commands out."""

from launch.actions import DeclareLaunchArgument
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import LifecycleNode
from launch_ros.substitutions import FindPackageShare

from launch import LaunchDescription


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments and start the lifecycle node."""
    share = FindPackageShare("liquid_control")
    arguments = {
        "model": (
            PathJoinSubstitution([share, "models", "fly_to_target_cfc.onnx"]),
            "policy file, .onnx",
        ),
        "params": (PathJoinSubstitution([share, "config", "policy.yaml"]), "parameter file"),
        "camera": ("image_raw", "sensor_msgs/Image topic"),
        "imu": ("imu/data", "sensor_msgs/Imu topic, body frame FLU"),
        "command": ("command_velocity", "geometry_msgs/TwistStamped topic"),
        "namespace": ("", "namespace of the node"),
        "use_sim_time": ("false", "take the time from /clock"),
        "autostart": ("true", "configure and activate at once"),
    }
    value = {name: LaunchConfiguration(name) for name in arguments}
    node = LifecycleNode(
        package="liquid_control",
        executable="policy_node",
        name="policy_node",
        namespace=value["namespace"],
        output="screen",
        parameters=[
            value["params"],
            {
                "model": value["model"],
                "use_sim_time": value["use_sim_time"],
                "autostart": value["autostart"],
            },
        ],
        remappings=[
            ("image", value["camera"]),
            ("imu", value["imu"]),
            ("command_velocity", value["command"]),
        ],
    )
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=text)
        for name, (default, text) in arguments.items()
    ]
    return LaunchDescription([*declared, node])
