"""How Fast DDS is told of a profile with room for camera images: by a variable that changed."""

from __future__ import annotations

import os
from importlib.metadata import PackageNotFoundError, version

SHARED_MEMORY = "config/fastdds_shm.xml"
OLDER, NEWER = "FASTRTPS_DEFAULT_PROFILES_FILE", "FASTDDS_DEFAULT_PROFILES_FILE"
OLDER_DISTROS = ("humble", "iron", "jazzy")
FIRST_NEWER_RCLPY = 8


def profile_variable() -> str:
    """Return the variable that names the profile; of the other one newer ROS warns at every start.

    A sourced ROS says which it is; one of PyPI is known by its version.
    """
    distro = os.environ.get("ROS_DISTRO")
    if distro:
        return OLDER if distro in OLDER_DISTROS else NEWER
    try:
        newer = int(version("ros-rclpy").partition(".")[0]) >= FIRST_NEWER_RCLPY
    except (PackageNotFoundError, ValueError):
        newer = True
    return NEWER if newer else OLDER


def has_profile(environment: dict[str, str]) -> bool:
    """Return whether a person has set a profile already."""
    return OLDER in environment or NEWER in environment
