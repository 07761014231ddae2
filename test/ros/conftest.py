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


@pytest.fixture
def robot(ros, tiny_policy_path, capfd):
    """``robot(model, **parameters)``: a policy node and what plays the robot around it."""
    from robot import Robot

    made = []

    def make(model=tiny_policy_path, **parameters):
        made.append(Robot(model, capfd, **parameters))
        return made[-1]

    yield make
    for one in made:
        one.close()
