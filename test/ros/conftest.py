"""Real rclpy, on a domain of its own for every test process."""

import os

import pytest

os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
os.environ["ROS_DOMAIN_ID"] = str(101 + os.getpid() % 100)


@pytest.fixture
def ros():
    """Initialise rclpy for one test and shut it down after it."""
    import rclpy

    rclpy.init()
    yield rclpy
    rclpy.try_shutdown()
