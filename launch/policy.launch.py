"""Fly a policy on a robot: its inputs' topics in, commands for the autopilot out."""

from launch.actions import DeclareLaunchArgument, OpaqueFunction, SetEnvironmentVariable
from launch.substitutions import EnvironmentVariable, LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import LifecycleNode
from launch_ros.parameter_descriptions import ParameterFile, ParameterValue
from launch_ros.substitutions import FindPackageShare

from launch import LaunchContext, LaunchDescription
from liquid_control.transport import profile_variable

SHARE = FindPackageShare("liquid_control")
ARGUMENTS = {
    "robot": ("twist", "a name of config/robots, or a parameter file of your own, .yaml"),
    "model": ("", "policy file, .onnx; the robot's or the pilot if empty"),
    "platform": ("", "where commands go: a name, or file.py:Class; the robot's if empty"),
    "params": (PathJoinSubstitution([SHARE, "config", "policy.yaml"]), "parameter file of all"),
    "camera": ("image_raw", "sensor_msgs/Image topic; camera_info is taken from beside it"),
    "imu": ("imu/data", "sensor_msgs/Imu topic, body frame FLU"),
    "odometry": ("odometry", "nav_msgs/Odometry topic, where the policy takes it"),
    "goal": ("goal", "std_msgs/String topic such as 'blue barrel', where the policy takes it"),
    "command": ("command_velocity", "geometry_msgs/TwistStamped topic"),
    "record": ("", "write what the pilot takes: FILE.mcap, or a folder"),
    "namespace": ("", "namespace of the node"),
    "use_sim_time": ("false", "take the time from /clock"),
    "autostart": ("true", "configure and activate at once"),
}


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments and start the lifecycle node."""
    declared = [
        DeclareLaunchArgument(name, default_value=default, description=what)
        for name, (default, what) in ARGUMENTS.items()
    ]
    # Camera images fit into this shared memory; a profile that is set already stays.
    profile = PathJoinSubstitution([SHARE, "config", "fastdds_shm.xml"])
    name = profile_variable()
    memory = SetEnvironmentVariable(name, EnvironmentVariable(name, default_value=profile))
    return LaunchDescription([*declared, memory, OpaqueFunction(function=_node)])


def _node(context: LaunchContext) -> list[LifecycleNode]:
    """Return the node; what a person says comes before what the robot's file says."""
    value = {name: LaunchConfiguration(name) for name in ARGUMENTS}
    said = {
        name: ParameterValue(value[name], value_type=str)
        for name in ("model", "platform", "record")
        if value[name].perform(context)
    }
    pilot = PathJoinSubstitution([SHARE, "models", "pilot_cfc.onnx"])
    robot = value["robot"].perform(context)
    if not robot.endswith(".yaml"):
        robot = PathJoinSubstitution([SHARE, "config", "robots", f"{robot}.yaml"])
    return [
        LifecycleNode(
            package="liquid_control",
            executable="policy_node",
            name="policy_node",
            namespace=value["namespace"],
            output="screen",
            parameters=[
                {"model": ParameterValue(pilot, value_type=str)},
                value["params"],
                ParameterFile(robot, allow_substs=True),
                {**said, **{name: value[name] for name in ("use_sim_time", "autostart")}},
            ],
            remappings=[
                ("image", value["camera"]),
                ("imu", value["imu"]),
                ("odometry", value["odometry"]),
                ("goal", value["goal"]),
                ("command_velocity", value["command"]),
            ],
        )
    ]
