"""Fly a policy on a robot: its inputs' topics in, commands for the autopilot out."""

from launch.actions import DeclareLaunchArgument, SetEnvironmentVariable
from launch.substitutions import EnvironmentVariable, LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import LifecycleNode
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackageShare

from launch import LaunchDescription

PROFILES = ("FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE")


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments and start the lifecycle node."""
    share = FindPackageShare("liquid_control")
    profile = PathJoinSubstitution([share, "config", "fastdds_shm.xml"])
    arguments = {
        "model": (
            PathJoinSubstitution([share, "models", "pilot_cfc.onnx"]),
            "policy file, .onnx",
        ),
        "params": (PathJoinSubstitution([share, "config", "policy.yaml"]), "parameter file"),
        "camera": ("image_raw", "sensor_msgs/Image topic; camera_info is taken from beside it"),
        "imu": ("imu/data", "sensor_msgs/Imu topic, body frame FLU"),
        "odometry": ("odometry", "nav_msgs/Odometry topic, where the policy takes it"),
        "goal": ("goal", "std_msgs/String topic such as 'blue barrel', where the policy takes it"),
        "command": ("command_velocity", "geometry_msgs/TwistStamped topic"),
        "platform": ("twist", "where commands go: a platform's name, or file.py:Class"),
        "record": ("", "write what the pilot takes: FILE.mcap, or a folder"),
        "namespace": ("", "namespace of the node"),
        "use_sim_time": ("false", "take the time from /clock"),
        "autostart": ("true", "configure and activate at once"),
    }
    value = {name: LaunchConfiguration(name) for name in arguments}
    text = {n: ParameterValue(value[n], value_type=str) for n in ("model", "platform", "record")}
    node = LifecycleNode(
        package="liquid_control",
        executable="policy_node",
        name="policy_node",
        namespace=value["namespace"],
        output="screen",
        parameters=[
            value["params"],
            {**text, "use_sim_time": value["use_sim_time"], "autostart": value["autostart"]},
        ],
        remappings=[
            ("image", value["camera"]),
            ("imu", value["imu"]),
            ("odometry", value["odometry"]),
            ("goal", value["goal"]),
            ("command_velocity", value["command"]),
        ],
    )
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=what)
        for name, (default, what) in arguments.items()
    ]
    # Camera images fit into this shared memory; a profile that is set already stays.
    memory = [
        SetEnvironmentVariable(name, EnvironmentVariable(name, default_value=profile))
        for name in PROFILES
    ]
    return LaunchDescription([*declared, *memory, node])
