"""A fence over nav_msgs/Odometry keeps a flying policy_node in."""

import math

import pytest
from nav_msgs.msg import Odometry
from robot import FAILURE, SUCCESS

from liquid_control.nodes.conversions import to_stamp
from liquid_control.nodes.fence import Whereabouts
from liquid_control.nodes.rotations import of_angles

FENCE = {"fence.topic": "odom", "fence.radius_m": 10.0, "fence.lean_deg": 45.0}


def odometry(east_m=0.0, lean_rad=0.0, stamp_ns=0):
    message = Odometry()
    message.header.stamp = to_stamp(stamp_ns)
    position, q = message.pose.pose.position, message.pose.pose.orientation
    position.x, position.z = east_m, 2.0
    q.w, q.x, q.y, q.z = of_angles(lean_rad, 0.0, 1.0)
    return message


@pytest.mark.parametrize("lean_rad", [0.0, 0.7, -1.5, math.pi])
def test_odometry_becomes_a_place_and_a_lean(lean_rad):
    read = Whereabouts().read(odometry(3.0, lean_rad, 5_000_000_007))
    assert read.stamp_ns == 5_000_000_007 and read.values[:3] == (3.0, 0.0, 2.0)
    assert read.values[3] == pytest.approx(abs(lean_rad), abs=1e-6)


def test_a_robot_flies_inside_its_fence_and_brakes_outside(robot):
    r = robot(overrides=FENCE)
    r.start()
    r.send()
    r.until(lambda: any("nobody publishes /odom" in v["detail"] for v in r.values()))
    publisher = r.node.create_publisher(Odometry, "odom", 10)
    r.until(publisher.get_subscription_count)

    def fly(seconds, **place):
        for _ in range(int(seconds * 25)):
            publisher.publish(odometry(**place, stamp_ns=r.now_ns()))
            r.send()
            r.spin(0.04)

    assert r.faults() == ["place_lost"] and r.commands == []
    fly(0.6)
    assert r.commands and r.values()[-1]["fault"] == ""
    fly(0.6, east_m=11.0)
    twist = r.commands[-1].twist
    assert r.values()[-1]["fault"] == "fence_left"
    assert (twist.linear.x, twist.angular.z) == (0.0, 0.0)
    assert r.lines("take over and fly it back")
    fly(0.4)
    assert r.values()[-1]["fault"] == ""


def test_a_fence_without_a_topic_is_refused(robot):
    r = robot(overrides={"fence.radius_m": 10.0})
    assert r.policy.trigger_configure() == FAILURE
    assert r.lines("fence.topic: a fence needs the vehicle's odometry")


def test_a_fence_that_cannot_be_kept_is_refused(robot):
    r = robot(overrides={**FENCE, "fence.floor_m": 5.0, "fence.ceiling_m": 4.0})
    assert r.policy.trigger_configure() == FAILURE
    assert r.lines("fence.floor_m: expected less than")


def test_a_topic_without_a_limit_is_no_fence(robot):
    r = robot(overrides={"fence.topic": "odom"})
    assert r.policy.trigger_configure() == SUCCESS
    assert r.node.count_subscribers("odom") == 0
