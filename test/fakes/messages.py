"""Message packages that no wheel brings, made from their definitions with the wheels' own rosidl.

The classes are real: rclpy checks every field, and they travel over the real middleware. Only the
fields that every release has are written down here, so nothing else can be relied on.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

DEFINITIONS = {
    "px4_msgs": {
        "OffboardControlMode": """
            uint64 timestamp
            bool position
            bool velocity
            bool acceleration
            bool attitude
            bool body_rate""",
        "TrajectorySetpoint": """
            uint32 MESSAGE_VERSION = 0
            uint64 timestamp
            float32[3] position
            float32[3] velocity
            float32[3] acceleration
            float32[3] jerk
            float32 yaw
            float32 yawspeed""",
        "VehicleStatus": """
            uint32 MESSAGE_VERSION = 4
            uint64 timestamp
            uint8 arming_state
            uint8 ARMING_STATE_DISARMED = 1
            uint8 ARMING_STATE_ARMED = 2
            uint8 nav_state
            uint8 NAVIGATION_STATE_POSCTL = 2
            uint8 NAVIGATION_STATE_AUTO_LOITER = 4
            uint8 NAVIGATION_STATE_OFFBOARD = 14
            uint8 NAVIGATION_STATE_EXTERNAL1 = 23
            bool failsafe
            uint8 system_id""",
        "VehicleLocalPosition": """
            uint32 MESSAGE_VERSION = 1
            uint64 timestamp
            bool v_xy_valid
            bool v_z_valid
            float32 heading
            bool heading_good_for_control""",
    },
    "ardupilot_msgs": {
        "Status": """
            std_msgs/Header header
            uint8 APM_ROVER = 1
            uint8 APM_ARDUCOPTER = 2
            uint8 APM_ARDUPLANE = 3
            uint8 APM_HELI = 13
            uint8 vehicle_type
            bool armed
            uint8 mode
            bool flying
            bool external_control
            uint8[] failsafe""",
    },
    "mavros_msgs": {
        "State": """
            std_msgs/Header header
            bool connected
            bool armed
            bool guided
            bool manual_input
            string mode
            uint8 system_status""",
    },
    "tf2_msgs": {"TFMessage": "geometry_msgs/TransformStamped[] transforms"},
}
KNOWN = {
    "std_msgs": ["Header"],
    "builtin_interfaces": ["Time"],
    "geometry_msgs": ["TransformStamped", "Transform", "Vector3", "Quaternion"],
}
"""What definitions may use, of the wheels."""
LINKED = ("std_msgs", "geometry_msgs")
PREFIX = Path(sys.prefix)
FAST, LOOK = "rosidl_typesupport_fastrtps_c", "rosidl_typesupport_introspection_c"


def install(package: str) -> None:
    """Make a package importable: the real one where there is one, or one that is built here."""
    if importlib.util.find_spec(package) is None:
        sys.path.insert(0, str(built(package)))
        importlib.invalidate_caches()


def built(package: str) -> Path:
    """Return the folder in which the package stands; it is built once a machine, in seconds."""
    if shutil.which("gcc") is None or not (PREFIX / "share" / "rosidl_generator_py").is_dir():
        pytest.skip(f"{package} is not installed, and there are no gcc and rosidl to build it")
    seed = json.dumps([DEFINITIONS[package], sys.version, Path(__file__).read_text()])
    root = Path(tempfile.gettempdir()) / f"liquid_control_messages_{os.getuid()}"
    folder = root / f"{package}_{sha256(seed.encode()).hexdigest()[:12]}"
    if not folder.is_dir():
        root.mkdir(exist_ok=True)
        fresh = Path(tempfile.mkdtemp(dir=root))
        build(package, fresh)
        try:
            fresh.rename(folder)
        except OSError:  # another process was quicker
            shutil.rmtree(fresh)
    return folder


def build(package: str, folder: Path) -> None:
    """Generate and compile the package's Python extension and its type support."""
    import rosidl_adapter.msg
    import rosidl_generator_c
    import rosidl_generator_type_description
    import rosidl_typesupport_c
    import rosidl_typesupport_fastrtps_c
    import rosidl_typesupport_introspection_c
    from rosidl_generator_py.generate_py_impl import generate_py

    source, out, share = folder / "source", folder / package, PREFIX / "share"
    (source / "msg").mkdir(parents=True)
    names = list(DEFINITIONS[package])
    for name, text in DEFINITIONS[package].items():
        path = Path("msg") / f"{name}.msg"
        (source / path).write_text(re.sub(r"\n +", "\n", text) + "\n")
        rosidl_adapter.msg.convert_msg_to_idl(source, package, path, source / "msg")
    given = {
        "package_name": package,
        "output_dir": str(out),
        "idl_tuples": [f"{source}:msg/{name}.idl" for name in names],
        "ros_interface_dependencies": [
            f"{p}:{share}/{p}/msg/{name}.idl" for p, used in KNOWN.items() for name in used
        ],
        "include_paths": [f"{p}:{share / p}" for p in KNOWN],
        "type_description_tuples": [f"msg/{name}.idl:{out}/msg/{name}.json" for name in names],
        "target_dependencies": [],
    }
    for generate, *more in (
        (rosidl_generator_type_description.generate_type_hash,),
        (rosidl_generator_c.generate_c,),
        (rosidl_typesupport_fastrtps_c.generate_typesupport_fastrtps_c,),
        (rosidl_typesupport_introspection_c.generate_c,),
        (rosidl_typesupport_c.generate_c, [FAST, LOOK]),
        (generate_py, ["rosidl_typesupport_c"]),
    ):
        templates = share / generate.__module__.partition(".")[0] / "resource"
        arguments = folder / "arguments.json"
        arguments.write_text(json.dumps({**given, "template_dir": str(templates)}))
        generate(str(arguments), *more)
        for header in templates.glob("*visibility_control.h.in"):
            text = header.read_text().replace("@PROJECT_NAME@", package)
            text = text.replace("@PROJECT_NAME_UPPER@", package.upper())
            (out / "msg" / header.stem).write_text(text)
    detail, messages = out / "msg" / "detail", out / "msg"
    base = [package, "rosidl_runtime_c", *of_known("rosidl_generator_c")]
    _compile(out, f"lib{package}.so", [*detail.glob("*_[fd][ue][ns]c*.c")], base[1:])
    _compile(
        out,
        f"lib{package}__{FAST}.so",
        [*detail.glob("*.cpp")],
        [*base, FAST, "rosidl_typesupport_fastrtps_cpp", "fastcdr", *of_known(FAST)],
    )
    _compile(
        out,
        f"lib{package}__{LOOK}.so",
        [*detail.glob("*__type_support.c")],
        [*base, LOOK, *of_known(LOOK)],
    )
    _compile(
        out,
        f"{package}_s__rosidl_typesupport_c.so",
        [*messages.glob("*.cpp"), *messages.glob("*_s.c"), *out.glob("*.c")],
        [
            *base,
            "rosidl_typesupport_c",
            *of_known("rosidl_generator_py"),
            *of_known("rosidl_typesupport_c"),
        ],
    )
    # Type support is looked for by the name of its library, which the loader knows once it is in.
    (out / "__init__.py").write_text(
        "import ctypes, pathlib\n"
        f"for name in {[FAST, LOOK]}:\n"
        f"    path = pathlib.Path(__file__).with_name(f'lib{package}__{{name}}.so')\n"
        "    ctypes.CDLL(str(path), ctypes.RTLD_GLOBAL)\n"
    )


def of_known(kind: str) -> list[str]:
    """Return the libraries of one kind of the packages that definitions use."""
    return [f"{package}__{kind}" for package in LINKED]


def _compile(out: Path, name: str, sources: list[Path], libraries: list[str]) -> None:
    include, library = PREFIX / "include", PREFIX / "lib"
    places = [out.parent, sysconfig.get_path("include"), np.get_include(), include]
    command = ["gcc", "-O0", "-w", "-fPIC", "-shared", "-o", str(out / name)]
    command += [f"-Wl,-soname,{name}", *map(str, sources)]
    command += [f"-I{place}" for place in [*places, *include.iterdir()]]
    command += [f"-L{library}", f"-L{out}", *(f"-l{lib}" for lib in libraries), "-lstdc++"]
    subprocess.run([*command, f"-Wl,-rpath,{library}:$ORIGIN"], check=True)
